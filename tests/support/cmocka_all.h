/* cmocka_all.h - cmocka with the headers that it wants before it, in this order. */
#ifndef PARLEY_TESTS_SUPPORT_CMOCKA_ALL_H
#define PARLEY_TESTS_SUPPORT_CMOCKA_ALL_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
