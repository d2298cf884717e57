#include "auth/acting.h"

#include "auth/oidc_authorize.h"
#include "tests/auth/asking.h"
#include "tests/auth/firms.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    return au;
}

static struct acting only_organisation(struct auth *au, const struct session *s,
                                       const struct client *c)
{
    const struct visit v = world_visit();
    struct acting list[ACTING_MAX];
    size_t count;
    bool incomplete;

    check_ok(acting_list(au, &v, s, c, list, &count, &incomplete, &e), e);
    for (size_t i = 0; i < count; i++)
        if (list[i].organisation.n > 0)
            return list[i];
    check(false);
    return list[0];
}

/* Signed in as the representative of one enterprise, at a client for organisations. */
static struct login_done representative(struct auth *au, enum client_acting acting)
{
    struct client c = registered(au);

    upstream()->userinfo =
        STR("{\"sub\":\"vneid-1\",\"TechID\":\"TECH-9\",\"LoaiTaiKhoan\":2,\"HoVaTen\":"
            "\"Nguyễn Văn Thử\",\"SoDinhDanh\":\"" WORLD_NUMBER "\",\"NgayThangNamSinh\":"
            "\"19870201\",\"MaSoDoanhNghiep\":\"" FIRM_CODE "\",\"TenDoanhNghiep\":\"" FIRM_NAME
            "\",\"loAs\":[{\"claim\":\"SoDinhDanh\",\"level\":\"2\"}],\"IAL\":\"2\"}");
    firm_is(FIRM_CODE, "00", REP_THU);
    c.acting = acting;
    register_again(au, &c);
    return world_login(au);
}

TEST_KV(for_whom_is_asked_and_remembered_for_the_silent_way)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = representative(au, CLIENT_ACTING_MUST);
    struct client c = registered(au), found;
    const struct acting firm = only_organisation(au, &done.session, &c);
    struct authorize_reply r = ask(au, GOOD "&prompt=none", &done.session), reply;

    check_error(&r, "interaction_required");
    r = ask(au, GOOD, &done.session);
    check_int(r.kind, AUTHORIZE_ACT);
    check_ok(oidc_authorize_act_find(au, &v, &done.session, r.act_id, &found, &e), e);
    check_str(found.id, "portal");
    check_fails(oidc_authorize_act(au, &v, &done.session, r.act_id, STR(""), &reply, &e), e,
                ERR_NOT_REPRESENTATIVE);
    check_fails(oidc_authorize_act(au, &v, &done.session, r.act_id, STR("org_other"), &reply, &e),
                e, ERR_NOT_REPRESENTATIVE);
    check_ok(oidc_authorize_act(au, &v, &done.session, r.act_id, firm.organisation, &reply, &e), e);
    check_same(granted(au, &reply).acting, firm.organisation);
    check_same(granted(au, &reply).acting_role, firm.role);
    check_fails(oidc_authorize_act(au, &v, &done.session, r.act_id, firm.organisation, &reply, &e),
                e, ERR_NOT_FOUND);
    r = ask(au, GOOD "&prompt=none", &done.session);
    check_same(granted(au, &r).acting, firm.organisation);
    check_int(ask(au, GOOD, &done.session).kind, AUTHORIZE_ACT); /* each time somebody can answer */
}

TEST(a_choice_belongs_to_its_session_and_may_be_refused)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = representative(au, CLIENT_ACTING_MAY), other = world_login(au);
    struct client c = registered(au);
    const struct acting firm = only_organisation(au, &done.session, &c);
    struct authorize_reply r = ask(au, GOOD, &done.session), reply;

    check_int(r.kind, AUTHORIZE_ACT);
    check_fails(oidc_authorize_act(au, &v, &other.session, r.act_id, firm.organisation, &reply, &e),
                e, ERR_NOT_FOUND);
    check_ok(oidc_authorize_act_refuse(au, &v, &done.session, r.act_id, &reply, &e), e);
    check_error(&reply, "access_denied");
    r = ask(au, GOOD, &done.session);
    check_ok(oidc_authorize_act(au, &v, &done.session, r.act_id, STR(""), &reply, &e), e);
    check_str(granted(au, &reply).acting, "");
    r = ask(au, GOOD "&prompt=none", &other.session);
    check_str(granted(au, &r).acting, "");
}
