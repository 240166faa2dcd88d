// SPDX-License-Identifier: MIT
// The facts of a story: where a URL stands, in one sentence, and what is known of each step, a line
// each. Pure.
#pragma once

#include "services/newswire/story.h"

// One sentence without its full stop: "published as number 41", "left out when its source was
// added: …", "refused by robots.txt", and what to do about it where something can be done.
void story_summary(const struct story *s, struct buf *out);

// The last request and the last reading of the story; NULL where there is none.
const Newswire__V1__Visit *story_visit(const struct story *s);
const Newswire__V1__Reading *story_reading(const struct story *s);

// "robots.txt   line 3 of https://…/robots.txt allows it (Allow: /news)" and so on, aligned.
void story_facts(const struct story *s, struct buf *out);

// An event's words: its detail, or what its visit or reading comes to.
void story_event(const Newswire__V1__Event *e, struct buf *out);
