/* random.c - getrandom(2) and the ids made of it. */
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/base64.h"

void random_fill(void *out, size_t size)
{
    char *at = out;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            (void)fprintf(stderr, "parley: the kernel gives no random bytes: %s\n", strerror(errno));
            abort();
        }
        at += got;
        size -= (size_t)got;
    }
}

uint64_t random_number(void)
{
    uint64_t number = 0;
    while (number == 0)
        random_fill(&number, sizeof number);
    return number;
}

void random_id(char out[RANDOM_ID_LENGTH + 1])
{
    unsigned char bytes[16];
    random_fill(bytes, sizeof bytes);
    (void)base64url_encode(bytes, sizeof bytes, out, RANDOM_ID_LENGTH + 1);
}
