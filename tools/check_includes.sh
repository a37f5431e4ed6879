#!/bin/sh
# check_includes.sh - folders include downwards only, and each library is known to one folder only.
#
# Usage: tools/check_includes.sh DIRECTORY
set -eu
cd "$1"

# may_include FOLDER - the folders that it may include, itself first
may_include() {
    case $1 in
    base) echo base ;;
    auth) echo auth base ;;
    turn) echo turn base ;;
    rooms) echo rooms auth base ;;
    cluster) echo cluster rooms auth base ;;
    ops) echo ops auth turn base ;; # and rooms/event.h, whose names the metrics count
    signaling) echo signaling ops cluster rooms auth turn base ;;
    esac
}

# Prints each #include "folder/..." of a folder that may not be there.
upward_includes() {
    allowed=$(may_include "$1" | tr ' ' '|')
    grep -nE '^#[[:space:]]*include[[:space:]]+"' "$1"/*.[ch] /dev/null | grep -vE "\"($allowed)/|\"generated/" |
        { if [ "$1" = ops ]; then grep -v '"rooms/event\.h"'; else cat; fi; } || true
}

# library_outside PATTERN FOLDER - prints what includes a library's headers outside the one folder that may
library_outside() {
    grep -rnE --include='*.[ch]' "^#[[:space:]]*include[[:space:]]+[<\"]$1" base auth turn rooms cluster ops signaling \
        2>/dev/null | grep -v "^$2/" || true
}

found=$(
    for folder in base auth turn rooms cluster ops signaling; do
        [ ! -d "$folder" ] || upward_includes "$folder"
    done
    library_outside 'libwebsockets' signaling
    library_outside 'hiredis' cluster
)
[ -z "$found" ] && exit 0
printf '%s\n' "$found" 'these includes point up, or past the one folder that knows the library' >&2
exit 1
