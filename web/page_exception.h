/*
 * page_exception.h - what the pages of exceptions share.
 */
#ifndef WEB_PAGE_EXCEPTION_H
#define WEB_PAGE_EXCEPTION_H

#include "finance/exception.h"
#include "web/table.h"

/* Good when nothing is left to do; bad when it is urgent or was raised. */
enum table_look exception_look(const struct exception *x);

#endif
