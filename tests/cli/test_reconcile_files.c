/* motcua reconcile OURS THEIRS... as a program: its exit status and the file that it leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

#define HEADER "reference,portal_txn,amount,status,dossier\n"

static const char *path(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path(name), "w");

    check(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static struct str got(const char *name)
{
    static char text[65536];
    FILE *f = fopen(path(name), "r");

    check(f != NULL);
    const size_t n = fread(text, 1, sizeof text, f);
    check(fclose(f) == 0);
    return str_of(text, n);
}

static int run(const char *arguments)
{
    struct str command = str_fmt(test_arena(), "cd %s && %s/motcua reconcile %s >said 2>why",
                                 test_folder(), MOTCUA_BIN, arguments);
    const int status = system(str_cstr(test_arena(), command));

    check(WIFEXITED(status));
    return WEXITSTATUS(status);
}

TEST(what_agrees_is_reconciled)
{
    put("ours.csv", HEADER "R1,T1,100,PAID,D1\nR2,T2,200,PAID,D2\n");
    put("a.csv", HEADER "R2,T2,200,SUCCESS,\n");
    put("b.csv", "merchant_ref;amount\nR1;100\n");
    check_int(run("ours.csv a.csv b.csv"), 0);
    check(str_has(got("said"), STR("reconciled\n")));
    check_int(run("--ours ours.csv a.csv b.csv a.csv --out x.csv"), 0); /* once more is no more */
    check(str_has(got("why"), STR("taken once")));
}

TEST(what_is_open_is_listed_and_told_by_the_status)
{
    put("ours.csv", HEADER "R1,T1,100,PAID,=cmd\nR2,T2,200,PAID,D2\n");
    put("a.csv", HEADER "R1,T1,101,SUCCESS,\nR3,T3,1O,SUCCESS,\n");
    check_int(run("ours.csv a.csv --threads 2"), 1);
    const struct str list = got("exceptions.csv");
    check(str_has(list, STR("AMT_MORE,2,refund,R1,T1,\"'=cmd\",,a.csv,2,2,100,101,-1,,\n")));
    check(str_has(list, STR("MIS_THEIRS,1,query,R2,T2,D2,,,,3,200,0,200,,\n")));
    check(str_has(list, STR("\"line 3, column 7: not an amount of dong: R3,T3,1O,SUCCESS,\"")));
    check(
        str_has(got("said"), STR("residual                                                   0")));
}

TEST(what_cannot_be_used_leaves_no_file)
{
    put("ours.csv", HEADER "R1,T1,100,PAID,D1\n");
    put("none.csv", "a,b\n1,2\n");
    put("cut.mc1", "H|MC1|PP|A|2026-11-23|+07:00|1|1||2026-11-23T00:00:00+07:00|0\n");
    check_int(run("ours.csv none.csv --out x.csv"), 2);
    check_int(run("ours.csv absent.csv --out x.csv"), 2);
    check_int(run("ours.csv cut.mc1 --out x.csv"), 2);
    check_int(run("ours.csv none.csv --threads 0 --out x.csv"), 2);
    check_int(run("ours.csv ours.csv --column nothing=x --out x.csv"), 2);
    check_int(access(path("x.csv"), F_OK), -1);
}

#define MAP                                                                                        \
    "{\"separator\":\";\",\"skip_top\":1,\"skip_bottom\":1,\"columns\":{"                          \
    "\"reference\":{\"header\":\"Nội dung\",\"regex\":\"(R[0-9]+)\"},"                           \
    "\"amount\":{\"header\":\"Ghi có\",\"thousands\":\".\",\"decimal\":\",\"},"                   \
    "\"time\":{\"header\":\"Ngày\",\"format\":\"dd/MM/"                                           \
    "yyyy\"},\"currency\":{\"constant\":\"VND\"}}}"
#define STATEMENT "Sao kê\nNgày;Nội dung;Ghi có\n"

TEST(a_banks_table_is_read_by_its_map)
{
    put("map.json", MAP);
    put("ours.csv", HEADER "R1,T1,1000,PAID,D1\nR2,T2,2000,PAID,D2\nR3,T3,3000,PAID,D3\n");
    put("a.csv", STATEMENT "23/11/2026;CK R1 phi;1.000,00\n24/11/2026;R2;2.000\n"
                           "24/11/2026;R3;\"3.000\"\nCong;;6.000\n");
    check_int(run("ours.csv a.csv --map map.json"), 0);
    put("a.csv", STATEMENT "23/11/2026;CK R1 phi;1.000,00\n24/11/2026;R2;2.001\n"
                           "24/11/2026;R3;3,5\nCong;;6.000\n");
    check_int(run("ours.csv a.csv --map map.json"), 1);
    const struct str list = got("exceptions.csv");
    check(str_has(list, STR("AMT_MORE,2,refund,R2,T2,D2,,a.csv,4,3,2000,2001,-1,,\n")));
    check(str_has(list, STR("MIS_THEIRS,1,query,R3,")));
    check(str_has(list, STR(",a.csv,5,,0,0,0,,\"line 5, column 15: amount: not a whole number of "
                            "dong, or too large: 3,5\"\n")));
    check_int(run("a.csv a.csv --map map.json --ours-map map.json"), 1); /* its own bad row */
}

TEST(a_map_that_is_wrong_or_fits_no_table_is_refused)
{
    put("map.json", MAP);
    put("wrong.json", "{\"columns\":{\"amount\":{\"column\":0}}}");
    put("ours.csv", HEADER "R1,T1,1000,PAID,D1\n");
    put("other.csv", "Sao kê\nNgày;Nội dung;Số tiền\n23/11/2026;R1;1.000\nCong;;\n");
    check_int(run("ours.csv ours.csv --map wrong.json --out x.csv"), 2);
    check(str_has(got("why"), STR("amount.column")));
    check_int(run("ours.csv ours.csv --map absent.json --out x.csv"), 2);
    check_int(run("ours.csv other.csv --map map.json --out x.csv"), 2);
    check(str_has(got("why"), STR("no column is named Ghi có")));
    check_int(access(path("x.csv"), F_OK), -1);
}
