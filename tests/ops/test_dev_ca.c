/* test_dev_ca.c - the local authority is made once and kept private; its certificate fits this machine and is renewed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ops/dev_ca.h"

#define DAY_MS INT64_C(86400000)

struct scene {
    char parent[64];    /* made for the test */
    char directory[96]; /* below it, made by the code */
    struct instant now;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    snprintf(scene->parent, sizeof scene->parent, "/tmp/parley-test-XXXXXX");
    if (!mkdtemp(scene->parent))
        return -1;
    snprintf(scene->directory, sizeof scene->directory, "%s/state/parley", scene->parent);
    scene->now = clock_now();
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    static const char *const names[] = {"ca.pem", "ca.key", "server.pem", "server.key", "new", ""};
    char path[160];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", scene->directory, names[i]);
        remove(path);
    }
    snprintf(path, sizeof path, "%s/state", scene->parent);
    remove(path);
    remove(scene->parent);
    free(scene);
    return 0;
}

static struct dev_certificate make(const struct scene *scene, int64_t days_later)
{
    struct instant now = {.unix_ms = scene->now.unix_ms + days_later * DAY_MS};
    struct dev_certificate made = {0};
    assert_int_equal(dev_ca_make(scene->directory, now, stderr, &made), ERROR_NONE);
    return made;
}

/* What dev_ca_make() says on failure; the caller frees it. */
static char *complaint(const struct scene *scene, enum error expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *errors = open_memstream(&text, &size);
    struct dev_certificate untouched = {.address_count = 77};
    assert_int_equal(dev_ca_make(scene->directory, scene->now, errors, &untouched), expected);
    assert_int_equal(untouched.address_count, 77);
    fclose(errors);
    return text;
}

static X509 *certificate_read(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

/* X509_V_OK, or why a client that trusts `ca_path` refuses `cert_path`. */
static int verdict(const char *cert_path, const char *ca_path, const char *ip, int64_t now_s)
{
    X509 *leaf = certificate_read(cert_path), *ca = certificate_read(ca_path);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf, NULL);
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(rules, (time_t)now_s);
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set1_ip_asc(rules, ip);

    X509_verify_cert(context);
    int result = X509_STORE_CTX_get_error(context);

    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(ca);
    X509_free(leaf);
    return result;
}

static bool is_same_certificate(const char *path, X509 *other)
{
    X509 *certificate = certificate_read(path);
    bool is_same = X509_cmp(certificate, other) == 0;
    X509_free(certificate);
    return is_same;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void a_client_that_trusts_the_authority_accepts_every_address_of_this_machine(void **state)
{
    struct scene *scene = *state;
    int64_t now_s = instant_unix_s(scene->now);

    struct dev_certificate made = make(scene, 0);

    assert_int_equal(verdict(made.cert_file, made.ca_file, "127.0.0.1", now_s), X509_V_OK);
    assert_int_equal(verdict(made.cert_file, made.ca_file, "::1", now_s), X509_V_OK);
    for (size_t i = 0; i < made.address_count; i++)
        assert_int_equal(verdict(made.cert_file, made.ca_file, made.addresses[i], now_s), X509_V_OK);
    assert_int_equal(verdict(made.cert_file, made.ca_file, "203.0.113.77", now_s), X509_V_ERR_IP_ADDRESS_MISMATCH);
    assert_int_equal(verdict(made.cert_file, made.ca_file, "127.0.0.1", now_s + 91 * 86400),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    X509 *leaf = certificate_read(made.cert_file);
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ca(leaf), 0);
    X509_free(leaf);
    dev_certificate_fini(&made);
}

static void private_keys_are_readable_by_their_owner_only(void **state)
{
    struct scene *scene = *state;
    char ca_key[160];
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", scene->directory);
    mode_t before = umask(0);

    struct dev_certificate made = make(scene, 0);
    umask(before);

    assert_int_equal(mode_of(made.key_file), 0600);
    assert_int_equal(mode_of(ca_key), 0600);
    assert_int_equal(mode_of(scene->directory), 0700);
    dev_certificate_fini(&made);
}

static void a_second_start_reuses_what_is_there(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate first = make(scene, 0);
    X509 *ca = certificate_read(first.ca_file), *leaf = certificate_read(first.cert_file);

    struct dev_certificate second = make(scene, 1);

    assert_true(is_same_certificate(second.ca_file, ca));
    assert_true(is_same_certificate(second.cert_file, leaf));
    X509_free(ca);
    X509_free(leaf);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static void a_certificate_near_its_end_is_renewed_by_the_same_authority(void **state)
{
    struct scene *scene = *state;
    int days = DEV_CERTIFICATE_DAYS - DEV_CERTIFICATE_RENEW_DAYS + 1;
    struct dev_certificate first = make(scene, 0);
    X509 *ca = certificate_read(first.ca_file), *leaf = certificate_read(first.cert_file);

    struct dev_certificate second = make(scene, days);

    assert_true(is_same_certificate(second.ca_file, ca));
    assert_false(is_same_certificate(second.cert_file, leaf));
    int64_t later_s = instant_unix_s(scene->now) + (days + 80) * 86400;
    assert_int_equal(verdict(second.cert_file, second.ca_file, "127.0.0.1", later_s), X509_V_OK);
    X509_free(ca);
    X509_free(leaf);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static void an_authority_near_its_end_is_replaced(void **state)
{
    struct scene *scene = *state;
    int days = DEV_CA_YEARS * 365 - DEV_CERTIFICATE_DAYS + 1;
    struct dev_certificate first = make(scene, 0);
    X509 *ca = certificate_read(first.ca_file);

    struct dev_certificate second = make(scene, days);

    assert_false(is_same_certificate(second.ca_file, ca));
    int64_t later_s = instant_unix_s(scene->now) + days * INT64_C(86400);
    assert_int_equal(verdict(second.cert_file, second.ca_file, "127.0.0.1", later_s), X509_V_OK);
    X509_free(ca);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static void a_certificate_of_another_authority_is_replaced(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate first = make(scene, 0);
    char ca_key[160];
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", scene->directory);
    remove(ca_key);

    struct dev_certificate second = make(scene, 0);

    int64_t now_s = instant_unix_s(scene->now);
    assert_int_equal(verdict(second.cert_file, second.ca_file, "127.0.0.1", now_s), X509_V_OK);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static EVP_PKEY *key_read(const struct scene *scene, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", scene->directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return key;
}

/* As if the machine had got its addresses since: the same certificate without the names it is for. */
static void forget_addresses(const struct scene *scene, const struct dev_certificate *made)
{
    X509 *leaf = certificate_read(made->cert_file);
    EVP_PKEY *ca_key = key_read(scene, "ca.key");
    X509_EXTENSION_free(X509_delete_ext(leaf, X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1)));
    assert_true(X509_sign(leaf, ca_key, EVP_sha256()) > 0);
    FILE *file = fopen(made->cert_file, "w");
    assert_int_equal(PEM_write_X509(file, leaf), 1);
    fclose(file);
    EVP_PKEY_free(ca_key);
    X509_free(leaf);
}

static void a_new_address_of_the_machine_makes_a_new_certificate(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate first = make(scene, 0);
    if (first.address_count == 0) {
        dev_certificate_fini(&first);
        print_message("this machine has loopback addresses only\n");
        skip();
    }
    forget_addresses(scene, &first);

    struct dev_certificate second = make(scene, 0);

    int64_t now_s = instant_unix_s(scene->now);
    assert_int_equal(verdict(second.cert_file, second.ca_file, second.addresses[0], now_s), X509_V_OK);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static void a_key_of_another_certificate_is_replaced(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate first = make(scene, 0);
    FILE *file = fopen(first.key_file, "w");
    EVP_PKEY *other = key_read(scene, "ca.key");
    assert_int_equal(PEM_write_PrivateKey(file, other, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    EVP_PKEY_free(other);

    struct dev_certificate second = make(scene, 0);

    X509 *leaf = certificate_read(second.cert_file);
    EVP_PKEY *key = key_read(scene, "server.key");
    assert_int_equal(X509_check_private_key(leaf, key), 1);
    EVP_PKEY_free(key);
    X509_free(leaf);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static void a_damaged_certificate_is_replaced(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate first = make(scene, 0);
    assert_int_equal(truncate(first.cert_file, 100), 0);

    struct dev_certificate second = make(scene, 0);

    int64_t now_s = instant_unix_s(scene->now);
    assert_int_equal(verdict(second.cert_file, second.ca_file, "127.0.0.1", now_s), X509_V_OK);
    dev_certificate_fini(&first);
    dev_certificate_fini(&second);
}

static void an_authority_whose_key_others_can_read_is_refused_with_the_cure(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate made = make(scene, 0);
    char ca_key[160];
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", scene->directory);
    chmod(ca_key, 0640);

    char *said = complaint(scene, ERR_FILE_TOO_OPEN);

    assert_non_null(strstr(said, ca_key));
    assert_non_null(strstr(said, "chmod 600"));
    free(said);
    dev_certificate_fini(&made);
}

static void a_damaged_authority_is_refused_and_kept(void **state)
{
    struct scene *scene = *state;
    struct dev_certificate made = make(scene, 0);
    assert_int_equal(truncate(made.ca_file, 100), 0);

    char *said = complaint(scene, ERR_KEY_INVALID);

    assert_non_null(strstr(said, made.ca_file));
    assert_non_null(strstr(said, "remove both"));
    struct stat status;
    assert_int_equal(stat(made.ca_file, &status), 0);
    assert_int_equal(status.st_size, 100);
    free(said);
    dev_certificate_fini(&made);
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
    struct scene *scene = *state;
    snprintf(scene->directory, sizeof scene->directory, "/dev/null/parley");

    char *said = complaint(scene, ERR_FILE_UNREADABLE);

    assert_non_null(strstr(said, "/dev/null/parley: Not a directory"));
    free(said);
}

static void the_state_directory_follows_the_xdg_rules(void **state)
{
    (void)state;
    static const struct {
        const char *state_home;
        const char *home;
        const char *directory;
    } cases[] = {
        {"/var/state", "/home/ann", "/var/state/parley/dev"},
        {NULL, "/home/ann", "/home/ann/.local/state/parley/dev"},
        {"", "/home/ann", "/home/ann/.local/state/parley/dev"},
        {"relative", "/home/ann", "/home/ann/.local/state/parley/dev"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *directory = dev_ca_directory(cases[i].state_home, cases[i].home);
        assert_string_equal(directory, cases[i].directory);
        free(directory);
    }
    assert_null(dev_ca_directory(NULL, NULL));
    assert_null(dev_ca_directory("relative", ""));
}

int main(void)
{
#define SCENE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SCENE(a_client_that_trusts_the_authority_accepts_every_address_of_this_machine),
        SCENE(private_keys_are_readable_by_their_owner_only),
        SCENE(a_second_start_reuses_what_is_there),
        SCENE(a_certificate_near_its_end_is_renewed_by_the_same_authority),
        SCENE(an_authority_near_its_end_is_replaced),
        SCENE(a_certificate_of_another_authority_is_replaced),
        SCENE(a_new_address_of_the_machine_makes_a_new_certificate),
        SCENE(a_key_of_another_certificate_is_replaced),
        SCENE(a_damaged_certificate_is_replaced),
        SCENE(an_authority_whose_key_others_can_read_is_refused_with_the_cure),
        SCENE(a_damaged_authority_is_refused_and_kept),
        SCENE(a_directory_that_cannot_be_made_is_named),
        cmocka_unit_test(the_state_directory_follows_the_xdg_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
