/*
 * Security: User-Agent is the attacker's text and may identify one machine among millions.
 * Promised: what is kept and shown is put together from the words of this file and nothing else.
 */
#include "auth/session_rows.h"
#include "base/str.h"

struct sign {
    const char *part, *name;
};

/* The first that fits: browsers name those that they descend from. */
static const struct sign browsers[] = {
    { "coc_coc_browser", "Cốc Cốc" },
    { "CocCoc", "Cốc Cốc" },
    { "Zalo", "Zalo" },
    { "VNeID", "VNeID" },
    { "FBAN", "Facebook" },
    { "FBAV", "Facebook" },
    { "EdgA/", "Edge" },
    { "EdgiOS/", "Edge" },
    { "Edg/", "Edge" },
    { "OPR/", "Opera" },
    { "SamsungBrowser", "Samsung Internet" },
    { "UCBrowser", "UC Browser" },
    { "FxiOS/", "Firefox" },
    { "Firefox/", "Firefox" },
    { "CriOS/", "Chrome" },
    { "Chrome/", "Chrome" },
    { "Safari/", "Safari" },
};
static const struct sign systems[] = {
    { "Android", "Android" }, { "iPhone", "iPhone" }, { "iPad", "iPad" },
    { "Windows", "Windows" }, { "CrOS", "ChromeOS" }, { "Mac OS X", "macOS" },
    { "Linux", "Linux" },
};

static const char *name_of(struct str text, const struct sign *signs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_has(text, str_c(signs[i].part)))
            return signs[i].name;
    return NULL;
}

struct str session_agent(struct arena *a, struct str user_agent)
{
    const char *browser = name_of(user_agent, browsers, LEN(browsers));
    const char *system = name_of(user_agent, systems, LEN(systems));

    if (browser != NULL && system != NULL)
        return str_fmt(a, "%s, %s", browser, system);
    return str_c(browser != NULL ? browser : system);
}
