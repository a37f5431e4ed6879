#!/bin/sh
# test_tools.sh - each check of tools/ passes what is right and names what is wrong.
set -eu
tools=$(CDPATH='' cd -- "$(dirname -- "$0")/../../tools" && pwd)
scene=$(mktemp -d)
trap 'rm -rf "$scene"' EXIT

fail() {
    printf 'test_tools.sh: %s\n' "$*" >&2
    exit 1
}

# lines COUNT TEXT
lines() {
    awk -v count="$1" -v text="$2" 'BEGIN { for (i = 0; i < count; i++) print text }'
}

# function_of LINES
function_of() {
    printf 'int f(void)\n{\n'
    lines "$1" '    g();'
    printf '}\n'
}

fresh_tree() {
    rm -rf "$scene/tree"
    mkdir -p "$scene/tree/base" "$scene/tree/rooms" "$scene/tree/ops" "$scene/tree/signaling" "$scene/tree/web-demo/sdk"
    cd "$scene/tree"
}

# passes / is_refused WHAT TEXT-IN-THE-REPORT COMMAND ...
passes() {
    what=$1
    shift
    "$@" >"$scene/said" 2>&1 || fail "$what was refused: $(cat "$scene/said")"
}

is_refused() {
    what=$1 named=$2
    shift 2
    if "$@" >"$scene/said" 2>&1; then fail "$what passed"; fi
    grep -q "$named" "$scene/said" || fail "$what: the report does not name $named: $(cat "$scene/said")"
}

sizes_have_bounds() {
    fresh_tree
    function_of 60 >base/a.c
    lines 250 '// x' >web-demo/sdk/a.js
    passes 'a function of 60 lines' "$tools/check_sizes.sh" .
    { printf 'static struct a b = {\n' && lines 70 '    1,' && printf '};\n'; } >base/table.c
    passes 'a table of 70 lines' "$tools/check_sizes.sh" .
    function_of 61 >base/a.c
    is_refused 'a function of 61 lines' 'base/a.c:2: 61 lines in int f(void)' "$tools/check_sizes.sh" .
    lines 401 '/* x */' >base/a.c
    is_refused 'a file of 401 lines' 'base/a.c: 401 lines' "$tools/check_sizes.sh" .
    rm base/a.c
    lines 251 '// x' >web-demo/sdk/a.js
    is_refused 'an SDK file of 251 lines' 'sdk/a.js: 251 lines' "$tools/check_sizes.sh" .
}

includes_point_down() {
    fresh_tree
    printf '#include "base/slice.h"\n#include "rooms/room.h"\n#include <stdio.h>\n' >rooms/room.c
    printf '#include "rooms/event.h"\n' >ops/metrics.c
    printf '#include <libwebsockets.h>\n#include "ops/log.h"\n' >signaling/main.c
    passes 'a tree whose includes point down' "$tools/check_includes.sh" .
    printf '#include "rooms/room.h"\n' >base/a.c
    is_refused 'base that includes rooms' 'base/a.c:1' "$tools/check_includes.sh" .
    rm base/a.c
    printf '#include "rooms/room.h"\n' >ops/a.c
    is_refused 'ops that includes rooms/room.h' 'ops/a.c:1' "$tools/check_includes.sh" .
    rm ops/a.c
    printf '#include <libwebsockets.h>\n' >rooms/a.h
    is_refused 'rooms that includes libwebsockets' 'rooms/a.h:1' "$tools/check_includes.sh" .
    printf '#include <hiredis/async.h>\n' >rooms/a.h
    is_refused 'rooms that includes hiredis' 'rooms/a.h:1' "$tools/check_includes.sh" .
}

a_binary_that_starts_programs_is_found() { # T-54
    fresh_tree
    printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >base/a.c
    cc -o a base/a.c
    passes 'a binary that only prints' "$tools/check_symbols.sh" ./a
    for call in 'system("")' 'popen("", "r")' 'execvp("", 0)' 'fork()'; do
        printf '#define _GNU_SOURCE\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n' >base/a.c
        printf 'int main(void) { return %s != 0; }\n' "$call" >>base/a.c
        cc -w -o a base/a.c
        is_refused "a binary that calls $call" "${call%%(*}" "$tools/check_symbols.sh" ./a
    done
}

sizes_have_bounds
includes_point_down
a_binary_that_starts_programs_is_found
echo 'test_tools.sh: all checks of tools/ tell right from wrong'
