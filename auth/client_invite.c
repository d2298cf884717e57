/* Invitations that are open, for our operator. Security: the list shows no token and no digest of
 * one that could be compared with anything: only the beginning of the digest, as a name. */
#include "auth/client_register.h"

#include "auth/client_metadata.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "store/audit.h"
#include "store/sql.h"

#define ID_BYTES 9 /* of the digest: 12 letters */

struct invites {
    struct arena *arena;
    const struct visit *visit;
    int64_t now_ms;
    struct client_invite_row *list;
    size_t count;
    struct str id; /* to be taken back */
};

static result list_all(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct invites *w = arg;
    bool more = true;

    w->count = 0;
    TRY(sql_find(db, SQL_CLIENT_INVITE_LIST, &rows, e, sql_i(w->now_ms),
                 sql_i(CLIENT_INVITE_LIST_MAX)));
    for (;;) {
        struct client_invite_row *row = &w->list[w->count];

        TRY(sql_next(rows, &more, e));
        if (!more || w->count == CLIENT_INVITE_LIST_MAX)
            return OK;
        *row = (struct client_invite_row){
            .id = base64url_encode(w->arena, str_sub(sql_bytes(rows, 0, w->arena), 0, ID_BYTES)),
            .invite = { .note = sql_text(rows, 1, w->arena),
                        .scopes = sql_text(rows, 3, w->arena),
                        .uses = sql_int(rows, 4),
                        .expires_ms = sql_int(rows, 6),
                        .grants = sql_text(rows, 7, w->arena),
                        .name = sql_text(rows, 8, w->arena) },
            .created_ms = sql_int(rows, 5),
        };
        if (!client_profile_find(sql_text(rows, 2, w->arena), &row->invite.profile))
            return fail(e, ERR_INTERNAL, "an invitation of an unknown profile");
        w->count++;
    }
}

result client_invite_list(struct auth *au, struct arena *a, struct client_invite_row **list,
                          size_t *count, struct err *e)
{
    struct invites w = { .arena = a,
                         .now_ms = clock_now_ms(au->clock),
                         .list = arena_array(a, struct client_invite_row, CLIENT_INVITE_LIST_MAX) };

    TRY(sql_read(au->sql, list_all, &w, e));
    *list = w.list;
    *count = w.count;
    return OK;
}

/* The whole digest of what begins so; empty: none. */
static result hash_find(struct sql *db, const struct invites *w, struct str *hash, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more = true;

    *hash = STR("");
    TRY(sql_find(db, SQL_CLIENT_INVITE_LIST, &rows, e, sql_i(w->now_ms),
                 sql_i(CLIENT_INVITE_LIST_MAX)));
    while (hash->n == 0) {
        struct str bytes;

        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        bytes = sql_bytes(rows, 0, w->arena);
        if (str_eq(base64url_encode(w->arena, str_sub(bytes, 0, ID_BYTES)), w->id))
            *hash = bytes;
    }
    return OK;
}

static result end(struct sql *db, void *arg, struct err *e)
{
    const struct invites *w = arg;
    const struct audit_event ev = auth_event(w->visit, STR("system"), "client.uninvite",
                                             str_cat(w->arena, STR("invitation:"), w->id), NULL);
    struct str hash;

    TRY(hash_find(db, w, &hash, e));
    if (hash.n == 0)
        return fail(e, ERR_NOT_FOUND, "no open invitation of that id");
    TRY(sql_run(db, SQL_CLIENT_INVITE_DELETE, e, sql_b(hash)));
    return audit_append(db, w->now_ms, &ev, e);
}

result client_invite_end(struct auth *au, const struct visit *v, struct str id, struct err *e)
{
    struct invites w = {
        .arena = v->arena, .visit = v, .now_ms = clock_now_ms(au->clock), .id = id
    };

    return sql_transact(au->sql, end, &w, e);
}
