/* fuzz_config.c - any bytes as a configuration file: refused or loaded, and what was loaded loads again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ops/config.h"
#include "ops/config_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No secret_file is opened: what the fuzzer names is none of its business. */
static bool names_a_file(const uint8_t *data, size_t size)
{
    static const char name[] = "secret_file";
    return memmem(data, size, name, sizeof name - 1) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct config_sources sources = {.file = "fuzz.yaml"};
    struct config *config = NULL;
    if (names_a_file(data, size) || config_load_text(&config, slice_of(data, size), &sources) != CONFIG_OK)
        return 0;

    struct buffer shown = BUFFER_EMPTY;
    struct config *again = NULL;
    config_print_yaml(config, false, &shown);
    int status = config_load_text(&again, buffer_slice(&shown), &sources);
    assert(status == CONFIG_OK);
    buffer_fini(&shown);
    config_destroy(config);
    config_destroy(again);
    return 0;
}
