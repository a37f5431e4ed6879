#!/bin/sh
# check_sizes.sh - no C function over 60 lines, no source file over 400, no file of the SDK or the page over 250.
#
# Usage: tools/check_sizes.sh DIRECTORY
set -eu
cd "$1"

# A function is what stands between a { and a } in the first column, after a line that does not end a type or a table.
functions() {
    awk '
        FNR == 1 { inside = 0; heading = "" }
        /^{/ { inside = 1; start = FNR; next }
        /^}/ {
            if (inside && FNR - start - 1 > 60)
                printf "%s:%d: %d lines in %s\n", FILENAME, start, FNR - start - 1, heading
            inside = 0
            next
        }
        !inside && /^[A-Za-z_].*\(/ { heading = $0 }
    ' "$@"
}

# long_files MAX FILE ...
long_files() {
    max=$1
    shift
    awk -v max="$max" '
        function judge() { if (lines > max) printf "%s: %d lines; at most %d\n", name, lines, max }
        FNR == 1 { judge(); name = FILENAME }
        { lines = FNR }
        END { judge() }
    ' "$@"
}

sources() {
    find . \( -name node_modules -o -name build -o -name 'build-*' -o -name .git \) -prune -o \
        -type f \( "$@" \) -print | sort
}

# Names of files hold no spaces.
# shellcheck disable=SC2046
found=$(
    functions /dev/null $(sources -name '*.[ch]')
    long_files 400 /dev/null $(sources -name '*.[ch]' -o -name '*.mjs' -o -name '*.sh' -o -name dev)
    long_files 250 /dev/null $(sources -path './web-demo/*.js' -o -path './web-demo/*.css' -o -path './web-demo/*.html')
)
[ -z "$found" ] && exit 0
printf '%s\n' "$found" >&2
exit 1
