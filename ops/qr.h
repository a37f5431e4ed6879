/* qr.h - a QR code in the terminal, so that a phone can open a link. */
#ifndef PARLEY_OPS_QR_H
#define PARLEY_OPS_QR_H

#include <stdbool.h>
#include <stdio.h>

/* Modules of light margin on each side, as ISO/IEC 18004 asks for. */
#define QR_MARGIN 4

/* Prints `text` as rows of UTF-8 half blocks, two rows of modules a line. A block is a light module and a space is a
 * dark one; on a terminal the colours are set, so that a light theme shows the same. False, with nothing
 * printed, when `text` is empty or too long for a QR code. */
bool qr_print(const char *text, FILE *out);

#endif
