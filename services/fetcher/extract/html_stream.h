// SPDX-License-Identifier: MIT
// Pages that a server streams (React's way, hence Next.js): the parts that were late stand at the
// end, hidden, as <div hidden id="S:1">, and a script moves each to its place, marked by
// <template id="B:1"> or "P:1". Done here in the script's stead. Only html*.c include this.
#pragma once

#include <lexbor/dom/interfaces/document.h>

// Moves the parts of the document to their places. Linear in the size of the tree.
void html_stream_assemble(lxb_dom_node_t *root);
