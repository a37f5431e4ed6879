#!/bin/sh
# check_symbols.sh - the binary cannot start other programs (T-54): it calls nothing that could.
#
# Usage: tools/check_symbols.sh BINARY
set -eu

symbols=$(nm -D --undefined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }')
[ -n "$symbols" ] || {
    printf '%s\n' "$1 has no dynamic symbols to judge by" >&2
    exit 1
}
found=$(printf '%s\n' "$symbols" | grep -xE '_?v?fork|clone|f?exec(v|l|ve|le|vp|lp|vpe|veat)|system|popen|posix_spawnp?|wordexp' || true)
[ -z "$found" ] && exit 0
printf '%s calls what starts programs: %s\n' "$1" "$(printf '%s\n' "$found" | tr '\n' ' ')" >&2
exit 1
