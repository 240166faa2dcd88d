// SPDX-License-Identifier: MIT
// Pages that are no more than the wrapper of a PDF document: title, date and 附件：….pdf or
// "View PDF". Pure.
#pragma once

#include "services/fetcher/extract/extract.h"

// The URL of the document that is to be read in the page's place, borrowed from the article: where
// the page has a title, links exactly one PDF document from its title on, and says little beside
// (a sentence at most). Else "".
const char *wrapper_document(const struct article *a);
