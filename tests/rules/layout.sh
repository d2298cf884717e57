#!/bin/sh
# clang-format decides layout.
cd "${ROOT:-.}" || exit 2
clang-format --dry-run -Werror $(find base crypto conf paper store http recon auth payments finance web sandbox cli tests bench cmake \
    -name '*.[ch]' 2>/dev/null)
