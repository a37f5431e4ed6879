/* fuzz_token.c - token text against a ring with one key of each kind: none is good but those signed here beforehand.
 *
 * Each input is tried three times: as a token, and, so that the fuzzer gets past base64url and signatures, as the
 * payload and as the header of one. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/token.h"
#include "base/base64.h"

#define NOW_S      INT64_C(1800000000)
#define SECRET     "the fuzzer knows this secret, nobody needs it"
#define INPUT_MAX  8192
#define HS256_TEXT "eyJhbGciOiJIUzI1NiJ9." /* {"alg":"HS256"} */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* The private halves of these are lost. */
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rs\",\"alg\":\"RS256\",\"n\":\"nyDgToBEF5SN_vqdv6Lo8U1CpVBKGTgv7eGCgI"
    "r0IkV6HMvR4M9ZwXBllTHhae1oO8LgwxH1UI50sgvWgk9-vyY-N2b2ZUMOzq_nuhTDL2VdBxS96ZXr17lT-GR-zqb-"
    "i0Y80hjt1qFXj8saDfmTV5bdW8wbgpsh9RqEmwDf9gIpEgixdJkoPOYV_i2Ko8irDCTsXyugfkGumsLJ0AajZQBlxc"
    "iu66vEZhNRv4lqrbaGrL-4vEJfRyCAt9-lSuw2FwTByCGyRj_SFy8ljj1b2jGKysHCeHIdqxTE1GVPSIBwNMieRX0J"
    "5IqaU7XlLW3oDyG-AVGlAWZXytGGF_DDBw\",\"e\":\"AQAB\"},{\"kty\":\"RSA\",\"kid\":\"ps\",\"alg\":\"PS256\",\"n\":"
    "\"nyDgToBEF5SN_vqdv6Lo8U1CpVBKGTgv7eGCgIr0IkV6HMvR4M9ZwXBllTHhae1oO8LgwxH1UI50sgvWgk9-vyY-N"
    "2b2ZUMOzq_nuhTDL2VdBxS96ZXr17lT-GR-zqb-i0Y80hjt1qFXj8saDfmTV5bdW8wbgpsh9RqEmwDf9gIpEgixdJk"
    "oPOYV_i2Ko8irDCTsXyugfkGumsLJ0AajZQBlxciu66vEZhNRv4lqrbaGrL-4vEJfRyCAt9-lSuw2FwTByCGyRj_SF"
    "y8ljj1b2jGKysHCeHIdqxTE1GVPSIBwNMieRX0J5IqaU7XlLW3oDyG-AVGlAWZXytGGF_DDBw\",\"e\":\"AQAB\"},{\"k"
    "ty\":\"EC\",\"kid\":\"es\",\"crv\":\"P-256\",\"x\":\"N6yqWaxqtGupkzIh2pzgKNhSMeYCxLVdEBLlrBdCDIw\",\"y\":\"R"
    "XHRASZOgFNjraE-yzlZlccnkbbBmd7NqBtfGz-zdgo\"}]}";

static const char *const good[] = {
    "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBUElmdXp6Iiwic3ViIjoiYW5uIiwiZXhwIjoxODAwMDAwNjAwLCJuYmYiO"
    "jE4MDAwMDAwMDAsIm5hbWUiOiJBbm4iLCJtZXRhZGF0YSI6Int9IiwiYXR0cmlidXRlcyI6eyJhIjoiYiJ9LCJ2aWR"
    "lbyI6eyJyb29tIjoibG9iYnkiLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6dHJ1ZX19.gkn61AhsnuvwFDze"
    "GMSdZ7W4lKsVfyqzYCj4jv3aKao",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzIn0.eyJpc3MiOiJBUElmdXp6Iiwic3ViIjoiYW5uIiwiZXhwIjoxODAwMD"
    "AwNjAwLCJuYmYiOjE4MDAwMDAwMDAsIm5hbWUiOiJBbm4iLCJtZXRhZGF0YSI6Int9IiwiYXR0cmlidXRlcyI6eyJh"
    "IjoiYiJ9LCJ2aWRlbyI6eyJyb29tIjoibG9iYnkiLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6dHJ1ZX19.l"
    "YFCMfQIa4yh3q8MRnt57eZQBdVsAG0JUDwmuy4tsvDglGl7ikOBBq6EPZ2ReheordqiFdWUNn29SQdOkG6dGwadN7_"
    "dMJ2n-PnD2SLKJY39DS1cqoHIadPNZCAi4C58iToFCS5GlI1DkWYYXMyUbbOCH8Ku6ggxEtYUaWl3fLsN-JMHjIkVA"
    "ifl7wvjciUyA9gTV-Jtfb3slQPdLFBO3eyLuuYl2SxLFAx34dvVZY4qQP-VCl2lj_YEvHfhZObvIJZ4LZWF6Y-Fp4n"
    "S7VaH282cHMTuPpQq-dogR7H4fiSVY_nBJuT0ClCGHs79sDFSTPxF_tRweo3o0KU4qqIHVg",
    "eyJhbGciOiJQUzI1NiIsImtpZCI6InBzIn0.eyJpc3MiOiJBUElmdXp6Iiwic3ViIjoiYW5uIiwiZXhwIjoxODAwMD"
    "AwNjAwLCJuYmYiOjE4MDAwMDAwMDAsIm5hbWUiOiJBbm4iLCJtZXRhZGF0YSI6Int9IiwiYXR0cmlidXRlcyI6eyJh"
    "IjoiYiJ9LCJ2aWRlbyI6eyJyb29tIjoibG9iYnkiLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6dHJ1ZX19.h"
    "61KzKbtp_7AbbM5kwmrwTM_gGAk40ziK_lPu9t7GjkmZZvCO1_ddpkuMZQ4V3wN_HOATlKVs7qoepUBplwEdx_terE"
    "F_Sb0dk-lGkq-bf1VyaPFTmAtQmGiFWJX8FTSCxD0qXAdmv61cHxRgjpDbwAvCoE0KTABoulks2SehFqLme63NGJpL"
    "IIuP3Qh8uNt2cc3OV1doZD5BWuYxgPCPGxsJV857Ma09JV7HC8IT_QpfZ5c_qb1GnSoJVJtkHePt0N7ZUuj-gdWxDn"
    "IOnJiCeWsYidjDCQYP9Ta2_7btl8RpeatT90J3DArFOLKZw_sDN-BR5lOgtwbTSRK56Jmrw",
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVzIn0.eyJpc3MiOiJBUElmdXp6Iiwic3ViIjoiYW5uIiwiZXhwIjoxODAwMD"
    "AwNjAwLCJuYmYiOjE4MDAwMDAwMDAsIm5hbWUiOiJBbm4iLCJtZXRhZGF0YSI6Int9IiwiYXR0cmlidXRlcyI6eyJh"
    "IjoiYiJ9LCJ2aWRlbyI6eyJyb29tIjoibG9iYnkiLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6dHJ1ZX19.d"
    "jaP3w5KZ9yEdoRJodUb8PDiITLec16cwTXvc5eO2iq8nRT4P7FnRaPZBonNl7EZjHR5aVaAznTwepGLu9jxAg",
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static struct keyring *ring(void)
{
    static struct keyring *keys;
    if (keys)
        return keys;
    keys = keyring_create();
    char path[32];
    int index = 0;
    int fd = memfd_create("jwks", 0);
    check(write(fd, jwks, sizeof jwks - 1) == (ssize_t)sizeof jwks - 1);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    check(!keyring_load_jwks(keys, path, &index));
    check(!keyring_add_secret(keys, SLICE_LITERAL("APIfuzz"), SLICE_LITERAL(SECRET)));
    (void)close(fd);
    return keys;
}

static void check_claims(const struct claims *claims)
{
    check(claims->identity.length >= 1 && claims->identity.length <= IDENTITY_MAX);
    check(claims->name.length <= PEER_NAME_MAX && claims->metadata.length <= PEER_METADATA_MAX);
    check(claims->attributes.count <= ATTRIBUTES_MAX);
    check(claims->expires_unix_s > NOW_S - TOKEN_LEEWAY_S - 1);
    check(claims_admit(claims, SLICE_EMPTY) != ERROR_NONE);
}

static bool verify(struct slice token)
{
    struct token_rules rules = {.lifetime_max_s = 86400};
    struct instant now = {.unix_ms = NOW_S * 1000};
    struct claims claims = {0};
    if (token_verify(ring(), &rules, token, now, &claims))
        return false;
    check_claims(&claims);
    claims_fini(&claims);
    return true;
}

static bool is_good(struct slice token)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (slice_is_text(token, good[i]))
            return true;
    return false;
}

static void add_base64url(struct buffer *out, struct slice bytes)
{
    char text[INPUT_MAX * 2];
    buffer_add(out, slice_of(text, base64url_encode(bytes.data, bytes.length, text, sizeof text)));
}

static void try_payload(struct slice payload)
{
    struct buffer token = BUFFER_EMPTY;
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    buffer_add_text(&token, HS256_TEXT);
    add_base64url(&token, payload);
    HMAC(EVP_sha256(), SECRET, sizeof SECRET - 1, (const unsigned char *)token.data, token.length, mac, &length);
    buffer_add_char(&token, '.');
    add_base64url(&token, slice_of(mac, length));
    (void)verify(buffer_slice(&token));
    buffer_fini(&token);
}

static void try_header(struct slice header)
{
    struct buffer token = BUFFER_EMPTY;
    add_base64url(&token, header);
    buffer_add_text(&token, strchr(good[0], '.')); /* signed for another header, of which there is one spelling */
    check(!verify(buffer_slice(&token)) || is_good(buffer_slice(&token)));
    buffer_fini(&token);
}

/* A ring that refused everything would pass, too. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check(verify(slice_from_text(good[i])));
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct slice input = slice_of(data, size);
    check(verify(input) == is_good(input));
    if (size > INPUT_MAX)
        return 0;
    try_payload(input);
    try_header(input);
    return 0;
}
