/* cmocka_all.h - cmocka with the headers that it wants before it. */
#ifndef PARLEY_TESTS_SUPPORT_CMOCKA_ALL_H
#define PARLEY_TESTS_SUPPORT_CMOCKA_ALL_H

/* clang-format off: cmocka.h needs them in this order */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format on */

#endif
