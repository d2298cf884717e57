/* Settlement files in all forms that tell themselves. */
/* rooms: base crypto paper recon */
#include "tests/fuzz/lines_told.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    told_all(str_of(bytes, n), NULL);
    return 0;
}
