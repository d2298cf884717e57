/* Signatures beside files: the first line is one, the rest is the file. Only one pair is signed. */
/* rooms: base crypto */
#include "base/err.h"
#include "base/str.h"
#include "crypto/detached_file.h"

/* RFC 8037 A.4 */
#define KEY                                                                                        \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define TEXT "Example of Ed25519 signing"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str all = str_of(bytes, n), jws = all, file = STR("");
    struct err e = { 0 };

    (void)str_cut(all, '\n', &jws, &file);
    if (!detached_file_verify(STR(KEY), KEY_EDDSA, file, jws, &e).failed)
        must(str_is(file, TEXT));
    else
        must(e.code == ERR_BAD_TOKEN);
    e = (struct err){ 0 };
    if (detached_file_verify(all, KEY_EDDSA, STR(TEXT), STR("e30..AA"), &e).failed)
        must(e.code == ERR_BAD_TOKEN || e.code == ERR_CONFIG); /* as a key */
    return 0;
}
