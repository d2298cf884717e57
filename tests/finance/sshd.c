#include "tests/finance/sshd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM    "/usr/sbin/sshd" /* of openssh-server, which deploy/packages.txt lists */
#define TRIES      200
#define BETWEEN_NS 50000000L

static struct sshd server;
static pid_t running;

const char *sshd_path(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int sshd_free_port(void)
{
    struct sockaddr_in at = loopback(0);
    socklen_t n = sizeof(at);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    check(fd >= 0 && bind(fd, (const struct sockaddr *)&at, n) == 0);
    check(getsockname(fd, (struct sockaddr *)&at, &n) == 0 && close(fd) == 0);
    return ntohs(at.sin_port);
}

static void run(struct str command)
{
    const int status = system(str_cstr(test_arena(), command));

    check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void key_make(const char *name)
{
    run(str_fmt(test_arena(), "ssh-keygen -q -t ed25519 -N '' -C test -f '%s'", sshd_path(name)));
}

static void put(const char *name, struct str text)
{
    FILE *f = fopen(sshd_path(name), "w");

    check(f != NULL && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static const char *hosts_make(const char *name, const char *key)
{
    run(str_fmt(test_arena(), "awk '{ print \"[127.0.0.1]:%d\", $1, $2 }' '%s.pub' > '%s'",
                server.port, sshd_path(key), sshd_path(name)));
    return sshd_path(name);
}

static void settings_make(void)
{
    put("sshd_config",
        str_fmt(test_arena(),
                "ListenAddress 127.0.0.1:%d\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\n"
                "StrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
                "AllowTcpForwarding no\nX11Forwarding no\nSubsystem sftp internal-sftp\n"
                "ForceCommand internal-sftp\n",
                server.port, sshd_path("host"), sshd_path("user.pub")));
}

static void end(void)
{
    if (running <= 0)
        return;
    (void)kill(running, SIGTERM);
    (void)waitpid(running, NULL, 0);
    running = 0;
}

static void start(void)
{
    const pid_t parent = getpid();

    running = fork();
    check(running >= 0);
    if (running == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* whatever ends the test ends the server */
        if (getppid() != parent || freopen(sshd_path("sshd.log"), "w", stderr) == NULL)
            _exit(126);
        (void)execl(PROGRAM, PROGRAM, "-D", "-e", "-f", sshd_path("sshd_config"), NULL);
        _exit(127);
    }
    (void)atexit(end);
}

static bool answers(void)
{
    const struct sockaddr_in at = loopback(server.port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool up = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;

    (void)close(fd);
    return up;
}

static void await_answer(void)
{
    const struct timespec between = { 0, BETWEEN_NS };

    for (int i = 0; i < TRIES; i++) {
        if (answers())
            return;
        if (waitpid(running, NULL, WNOHANG) == running) {
            running = 0;
            test_fail(__FILE__, __LINE__, "%s ended: see %s", PROGRAM, sshd_path("sshd.log"));
        }
        (void)nanosleep(&between, NULL);
    }
    test_fail(__FILE__, __LINE__, "%s does not listen", PROGRAM);
}

const struct sshd *sshd_open(void)
{
    const struct passwd *me = getpwuid(geteuid());

    if (running > 0)
        return &server;
    check(access(PROGRAM, X_OK) == 0);
    check(me != NULL);
    if (geteuid() == 0)
        (void)mkdir("/run/sshd", 0755); /* where it separates its privileges */
    server.port = sshd_free_port();
    server.user = str_cstr(test_arena(), str_c(me->pw_name));
    key_make("host");
    key_make("other_host");
    key_make("user");
    key_make("user.other");
    server.key = sshd_path("user");
    server.known_hosts = hosts_make("known_hosts", "host");
    server.other_known_hosts = hosts_make("other_known_hosts", "other_host");
    put("empty_known_hosts", STR(""));
    server.empty_known_hosts = sshd_path("empty_known_hosts");
    settings_make();
    start();
    await_answer();
    return &server;
}
