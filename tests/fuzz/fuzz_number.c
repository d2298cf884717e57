/* Amounts and numbers of persons and businesses: read exactly, or refused. */
/* rooms: base */
#include "base/arena.h"
#include "base/idno.h"
#include "base/money.h"
#include "base/str.h"
#include "base/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_money(struct arena *a, struct str s)
{
    int64_t vnd, again;

    if (!money_read_wire(s, &vnd, NULL).failed)
        must(vnd >= 0 && str_eq(str_i64(a, vnd), s));
    if (money_read(s, &vnd, NULL).failed)
        return;
    must(vnd >= 0 && vnd <= MONEY_MAX_VND);
    must(!money_read(money_print(a, vnd), &again, NULL).failed && again == vnd);
    must(!money_read(money_print_bare(a, vnd), &again, NULL).failed && again == vnd);
    must(words_vnd(a, vnd, (struct words_style){ .chan = true }).n > 0);
    must(words_vnd_en(a, -vnd).n > 0);
}

static void check_rate(const uint8_t *bytes, size_t n)
{
    int64_t vnd = 0;
    int64_t rate = 0;
    int64_t rounded, down;

    for (size_t i = 0; i < n && i < 6; i++)
        vnd = vnd << 8 | bytes[i];
    for (size_t i = 6; i < n && i < 9; i++)
        rate = rate << 8 | bytes[i];
    must(!money_rate(vnd, rate, &rounded, NULL).failed);
    must(!money_share(vnd, rate, &down, NULL).failed);
    must(down >= 0 && (rounded == down || rounded == down + 1));
    must(rate > 1000000 || down <= vnd);
}

static void check_number(struct str s)
{
    struct idno id, id_again;
    struct taxcode code, code_again;

    if (!idno_read(s, 2399, &id, NULL).failed) {
        must(str_digits(str_c(id.text)) && str_c(id.text).n == 12);
        must(!idno_read(str_c(id.text), id.birth_year, &id_again, NULL).failed);
        must(idno_read(str_c(id.text), id.birth_year - 1, &id_again, NULL).failed);
    }
    if (!taxcode_read(s, 2399, &code, NULL).failed) {
        must(!taxcode_read(str_c(code.text), 2399, &code_again, NULL).failed);
        must(code.kind == code_again.kind && str_eq(str_c(code.text), str_c(code_again.text)));
    }
    must(!(idno_is_passport(s) && idno_is_old_card(s)));
    must(taxcode_check_digit(s) <= 9);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1 << 20);

    check_money(a, str_of(bytes, n));
    check_rate(bytes, n);
    check_number(str_of(bytes, n));
    arena_close(&a);
    return 0;
}
