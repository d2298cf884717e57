#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "tests/test.h"

/* What a process says that stops at a must(); it has to be a line like every other of the log. */
TEST(a_failed_assertion_is_a_line_of_json)
{
    DEFER(json_close) struct json *line = NULL;
    struct err e = { .code = ERR_NONE };
    struct str cond = { NULL, 0 };
    char said[1024];
    ssize_t n;
    int ends[2], status = 0;
    pid_t pid;

    check_int(pipe(ends), 0);
    pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        must(false && "a \\ and a \"quote\"");
    }
    check_int(waitpid(pid, &status, 0), pid);
    check(WIFSIGNALED(status));
    check_int(WTERMSIG(status), SIGABRT);
    n = read(ends[0], said, sizeof(said));
    check(n > 0);
    check_int(str_find(str_of(said, (size_t)n), '\n'), n - 1);
    check_ok(json_read(str_of(said, (size_t)n), &line, &e), e);
    check(json_str(json_member(line, "cond"), &cond));
    check(str_starts(cond, STR("false && \"a ")));
}
