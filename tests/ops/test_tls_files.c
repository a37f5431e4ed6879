/* test_tls_files.c - a certificate and its key are judged before anybody is served with them. */
#include "config_support.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ops/tls_files.h"

#define DAY_S 86400

/* A directory with a certificate and its key, and the configuration that names them. */
struct place {
    char directory[64];
    char cert[96];
    char key[96];
    char *listen;
    struct config config;
    char *said;
};

static EVP_PKEY *write_key(const char *path, mode_t mode)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *file = fopen(path, "w");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
    return key;
}

static void write_certificate(const char *path, EVP_PKEY *key, long lifetime_s)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -400L * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime_s);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = fopen(path, "w");
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    (void)fclose(file);
    X509_free(certificate);
}

static void write_pair(const struct place *place, long lifetime_s, mode_t key_mode)
{
    EVP_PKEY *key = write_key(place->key, key_mode);
    write_certificate(place->cert, key, lifetime_s);
    EVP_PKEY_free(key);
}

static int make_place(void **state)
{
    static char address[] = "127.0.0.1:0";
    struct place *place = calloc(1, sizeof *place);
    (void)strcpy(place->directory, "/tmp/parley-test-XXXXXX");
    if (!mkdtemp(place->directory))
        return -1;
    (void)snprintf(place->cert, sizeof place->cert, "%s/cert.pem", place->directory);
    (void)snprintf(place->key, sizeof place->key, "%s/key.pem", place->directory);
    place->listen = address;
    place->config.server_tls_listen = (struct text_list){1, &place->listen};
    place->config.server_tls_cert_file = place->cert;
    place->config.server_tls_key_file = place->key;
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    (void)unlink(place->cert);
    (void)unlink(place->key);
    int status = rmdir(place->directory);
    free(place->said);
    free(place);
    return status;
}

/* Checks and warns as `parley config check` does; place->said is what was written. */
static int check(struct place *place)
{
    size_t size;
    int64_t expiry_unix_s = -1;
    free(place->said);
    FILE *errors = open_memstream(&place->said, &size);
    int status = tls_files_check(&place->config, errors, &expiry_unix_s);
    if (!status)
        tls_files_warn(&place->config, expiry_unix_s, (int64_t)time(NULL), errors);
    (void)fclose(errors);
    return status;
}

static void assert_said(const struct place *place, const char *setting, const char *path, const char *why)
{
    char line[256];
    (void)snprintf(line, sizeof line, "parley: %s: %s: %s", setting, path, why);
    if (strncmp(place->said, line, strlen(line)) != 0)
        fail_msg("wanted: %s\nsaid: %s", line, place->said);
}

static void a_certificate_with_its_key_is_taken_in_silence(void **state)
{
    struct place *place = *state;
    write_pair(place, 90L * DAY_S, 0600);

    assert_int_equal(check(place), 0);

    assert_string_equal(place->said, "");
}

static void without_a_listener_nothing_is_read(void **state)
{
    struct place *place = *state;
    place->config.server_tls_listen.count = 0;

    assert_int_equal(check(place), 0);

    assert_string_equal(place->said, "");
}

static void a_file_that_is_not_there_is_named_with_its_setting(void **state)
{
    struct place *place = *state;
    assert_int_equal(check(place), 66);
    assert_said(place, "server.tls_cert_file", place->cert, "No such file or directory");

    write_pair(place, DAY_S, 0600);
    (void)unlink(place->key);
    assert_int_equal(check(place), 66);
    assert_said(place, "server.tls_key_file", place->key, "No such file or directory");
}

static void a_directory_is_no_certificate(void **state)
{
    struct place *place = *state;
    place->config.server_tls_cert_file = place->directory;

    assert_int_equal(check(place), 66);

    assert_said(place, "server.tls_cert_file", place->directory, "Is a directory");
}

static void swapped_files_are_refused(void **state)
{
    struct place *place = *state;
    write_pair(place, 90L * DAY_S, 0600);
    place->config.server_tls_cert_file = place->key;
    place->config.server_tls_key_file = place->cert;

    assert_int_equal(check(place), 78);

    assert_said(place, "server.tls_cert_file", place->key, "holds no certificate (PEM)");
}

static void a_certificate_is_no_key(void **state)
{
    struct place *place = *state;
    write_pair(place, 90L * DAY_S, 0600);
    place->config.server_tls_key_file = place->cert;

    assert_int_equal(check(place), 78);

    assert_said(place, "server.tls_key_file", place->cert, "holds no private key (PEM)");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    struct place *place = *state;
    write_pair(place, 90L * DAY_S, 0600);
    EVP_PKEY_free(write_key(place->key, 0600));

    assert_int_equal(check(place), 78);

    assert_said(place, "server.tls_key_file", place->key, "the private key does not fit the certificate");
}

static void a_certificate_that_ends_within_two_weeks_is_warned_about(void **state)
{
    static const struct {
        long lifetime_s;
        const char *said; /* NULL: nothing */
    } cases[] = {
        {-1L * DAY_S, "the certificate expired on "},
        {DAY_S, "the certificate expires on "},
        {TLS_EXPIRY_WARN_S - 60, "the certificate expires on "},
        {TLS_EXPIRY_WARN_S + 60, NULL},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_pair(place, cases[i].lifetime_s, 0600);
        assert_int_equal(check(place), 0);
        if (cases[i].said)
            assert_said(place, "warning: server.tls_cert_file", place->cert, cases[i].said);
        else
            assert_string_equal(place->said, "");
    }
}

static void a_key_that_others_can_read_is_warned_about(void **state)
{
    static const mode_t modes[] = {0640, 0604};
    struct place *place = *state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_pair(place, 90L * DAY_S, modes[i]);
        assert_int_equal(check(place), 0);
        assert_said(place, "warning: server.tls_key_file", place->key, "others can read this key: chmod 600 it\n");
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_certificate_with_its_key_is_taken_in_silence),
        TEST(without_a_listener_nothing_is_read),
        TEST(a_file_that_is_not_there_is_named_with_its_setting),
        TEST(a_directory_is_no_certificate),
        TEST(swapped_files_are_refused),
        TEST(a_certificate_is_no_key),
        TEST(a_key_of_another_certificate_is_refused),
        TEST(a_certificate_that_ends_within_two_weeks_is_warned_about),
        TEST(a_key_that_others_can_read_is_warned_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
