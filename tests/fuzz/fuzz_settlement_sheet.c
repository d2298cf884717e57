/* Spreadsheets of settlement: the bytes are their cells. */
/* rooms: base crypto paper recon */
#include "tests/fuzz/lines_told.h"
#include "tests/fuzz/sheet_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);

    told_all(sheet_pack(a, str_of(bytes, n)), NULL);
    arena_close(&a);
    return 0;
}
