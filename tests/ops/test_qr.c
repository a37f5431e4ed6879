/* test_qr.c - the QR code on the terminal is the one that libqrencode makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <qrencode.h>

#include "ops/qr.h"

#define SIDE_MAX 200

/* What a camera would see: modules, true where dark. */
struct picture {
    int width;
    int height;
    bool is_dark[SIDE_MAX][SIDE_MAX];
};

static const struct {
    const char *drawn;
    bool is_upper_dark;
    bool is_lower_dark;
} blocks[] = {
    {"\xe2\x96\x88", false, false}, {"\xe2\x96\x80", false, true}, {"\xe2\x96\x84", true, false}, {" ", true, true}};

static char *print_to_text(const char *text, bool *out_is_printed)
{
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    *out_is_printed = qr_print(text, out);
    fclose(out);
    return printed;
}

static size_t read_block(const char *at, struct picture *picture, int x)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        size_t length = strlen(blocks[i].drawn);
        if (strncmp(at, blocks[i].drawn, length) != 0)
            continue;
        picture->is_dark[picture->height][x] = blocks[i].is_upper_dark;
        picture->is_dark[picture->height + 1][x] = blocks[i].is_lower_dark;
        return length;
    }
    fail_msg("neither a block nor a space: %.8s", at);
    return 0;
}

static void read_picture(const char *printed, struct picture *picture)
{
    while (*printed) {
        int x = 0;
        for (; *printed != '\n'; x++)
            printed += read_block(printed, picture, x);
        assert_true(picture->width == 0 || picture->width == x);
        picture->width = x;
        picture->height += 2;
        printed++;
    }
}

static void the_printed_modules_are_those_of_libqrencode(void **state)
{
    (void)state;
    static const char url[] = "https://192.168.178.20:8443/r/red-maple-23#t=eyJhbGciOiJIUzI1NiJ9.e30.AAAA";
    static struct picture picture;
    QRcode *expected = QRcode_encodeString(url, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

    bool is_printed = false;
    char *printed = print_to_text(url, &is_printed);

    assert_true(is_printed);
    read_picture(printed, &picture);
    assert_int_equal(picture.width, expected->width + 2 * QR_MARGIN);
    assert_true(picture.height >= picture.width);
    for (int y = 0; y < picture.height; y++)
        for (int x = 0; x < picture.width; x++) {
            int row = y - QR_MARGIN, column = x - QR_MARGIN;
            bool is_inside = row >= 0 && column >= 0 && row < expected->width && column < expected->width;
            bool is_dark = is_inside && (expected->data[row * expected->width + column] & 1);
            if (picture.is_dark[y][x] != is_dark)
                fail_msg("module %d,%d differs", column, row);
        }
    QRcode_free(expected);
    free(printed);
}

static void what_fits_in_no_qr_code_prints_nothing(void **state)
{
    (void)state;
    static char long_text[8000];
    memset(long_text, 'x', sizeof long_text - 1);
    const char *const texts[] = {"", long_text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool is_printed = true;
        char *printed = print_to_text(texts[i], &is_printed);
        assert_false(is_printed);
        assert_string_equal(printed, "");
        free(printed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_printed_modules_are_those_of_libqrencode),
        cmocka_unit_test(what_fits_in_no_qr_code_prints_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
