#!/bin/sh
# The second compiler finds nothing to say: every file, with all warnings as errors. $1: build folder,
# for what is generated.
flags="-std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-overlength-strings
    -I. -I$1/gen $(pkg-config --cflags libxml-2.0 libpq hiredis xmlsec1-openssl cairo-ft)"
find base crypto conf paper store http recon auth payments finance web sandbox cli tests -name '*.c' -not -path '*/node_modules/*' |
    xargs -P "$(nproc)" -n 8 clang -fsyntax-only $flags -DMOTCUA_SOURCE='"."' -DMOTCUA_BIN='"."'
