/* qr.c - draws QR codes with libqrencode. */
#include "ops/qr.h"

#include <unistd.h>

#include <qrencode.h>

#define WHITE_ON_BLACK "\033[97;40m"
#define COLOURS_BACK   "\033[0m"

/* Whether the module is light; everything around the symbol is. */
static bool is_light(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return true;
    return (code->data[y * code->width + x] & 1) == 0;
}

static const char *half_blocks(bool is_upper_light, bool is_lower_light)
{
    if (is_upper_light)
        return is_lower_light ? "\u2588" : "\u2580";
    return is_lower_light ? "\u2584" : " ";
}

static void print_line(const QRcode *code, int y, bool is_coloured, FILE *out)
{
    if (is_coloured)
        fputs(WHITE_ON_BLACK, out);
    for (int x = -QR_MARGIN; x < code->width + QR_MARGIN; x++)
        fputs(half_blocks(is_light(code, x, y), is_light(code, x, y + 1)), out);
    fputs(is_coloured ? COLOURS_BACK "\n" : "\n", out);
}

bool qr_print(const char *text, FILE *out)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return false;

    bool is_coloured = isatty(fileno(out)) == 1;
    for (int y = -QR_MARGIN; y < code->width + QR_MARGIN; y += 2)
        print_line(code, y, is_coloured, out);
    QRcode_free(code);
    return true;
}
