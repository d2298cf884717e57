/*
 * embed - a build tool.
 *
 *   embed files OUT.c SYMBOL FOLDER NAME...   a sorted `const struct embed_set SYMBOL`
 *   embed queries OUT.def FILE.sql...         a SQL_QUERY(NAME, text) row for each `-- name: x`
 *
 * Names are given sorted by the caller. It stops with a message and status 1 on the first problem.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_or_stop(const char *path, const char *mode)
{
    FILE *f = fopen(path, mode);

    if (f == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

static void write_bytes(FILE *out, FILE *in)
{
    int c;
    size_t n = 0;

    while ((c = getc(in)) != EOF)
        fprintf(out, "%s%d,", n++ % 24 == 0 ? "\n" : "", (int)(signed char)c);
    fprintf(out, "0"); /* C strings stay possible */
}

static void embed_files(int argc, char **argv)
{
    FILE *out = open_or_stop(argv[2], "w");

    fprintf(out, "#include \"base/embed.h\"\n\n");
    for (int i = 5; i < argc; i++) {
        char path[4096];
        FILE *in;

        (void)snprintf(path, sizeof(path), "%s/%s", argv[4], argv[i]);
        in = open_or_stop(path, "rb");
        fprintf(out, "static const char f%d[] = {", i);
        write_bytes(out, in);
        fprintf(out, "};\n");
        fclose(in);
    }
    fprintf(out, "\nstatic const struct embedded files[] = {\n");
    for (int i = 5; i < argc; i++)
        fprintf(out, "    { { \"%s\", sizeof(\"%s\") - 1 }, { f%d, sizeof(f%d) - 1 } },\n", argv[i],
                argv[i], i, i);
    /* The last row ends the list: a set may be empty. */
    fprintf(out,
            "    { { 0 }, { 0 } },\n};\n\nextern const struct embed_set %s;\n"
            "const struct embed_set %s = { files, LEN(files) - 1 };\n",
            argv[3], argv[3]);
    fclose(out);
}

static void write_escaped(FILE *out, const char *line)
{
    for (; *line != '\0' && *line != '\n'; line++) {
        if (*line == '"' || *line == '\\')
            putc('\\', out);
        putc(*line, out);
    }
}

static void embed_queries(int argc, char **argv)
{
    FILE *out = open_or_stop(argv[2], "w");
    char line[4096];

    for (int i = 3; i < argc; i++) {
        FILE *in = open_or_stop(argv[i], "r");
        int open = 0;

        while (fgets(line, sizeof(line), in) != NULL) {
            if (strncmp(line, "-- name: ", 9) == 0) {
                fprintf(out, "%sSQL_QUERY(", open ? ")\n" : "");
                for (const char *p = line + 9; *p != '\0' && !isspace((unsigned char)*p); p++)
                    putc(toupper((unsigned char)*p), out);
                fprintf(out, ", \"\"");
                open = 1;
            } else if (open && strncmp(line, "--", 2) != 0 && line[0] != '\n') {
                fprintf(out, "\n  \"");
                write_escaped(out, line);
                fprintf(out, "\\n\"");
            }
        }
        if (open)
            fprintf(out, ")\n");
        fclose(in);
    }
    fclose(out);
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[1], "files") == 0)
        embed_files(argc, argv);
    else if (argc >= 3 && strcmp(argv[1], "queries") == 0)
        embed_queries(argc, argv);
    else
        return 1;
    return 0;
}
