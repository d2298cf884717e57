/*
 * limits.h - every fixed limit, with its reason. Limits an operator may want to move are settings
 * (conf/conf.def); these are the ones that the code relies on.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_URI_BYTES 4096 /* an authorization request with every parameter is below 3 KiB */
#define LIMIT_HEADER_BYTES                                                                         \
    12288 /* the HTTP server's memory per connection, 16 KiB, less its own needs */
#define LIMIT_HEADER_COUNT        64
#define LIMIT_FORM_FIELDS         64
#define LIMIT_FORM_BYTES          (64 * 1024)
#define LIMIT_JSON_BYTES          (256 * 1024)
#define LIMIT_JSON_DEPTH          16
#define LIMIT_XML_BYTES           (512 * 1024)      /* a population record is about 6 KiB */
#define LIMIT_UPSTREAM_BYTES      (4 * 1024 * 1024) /* any answer of a national system but files */
#define LIMIT_SETTLEMENT_BYTES    (256LL * 1024 * 1024) /* 1 million lines are 93 MB */
#define LIMIT_SETTLEMENT_LINE     (64 * 1024)
#define LIMIT_ARENA_REQUEST_BYTES (8 * 1024 * 1024) /* beside the body */
#define LIMIT_ARENA_JOB_BYTES     (64 * 1024 * 1024)
#define LIMIT_NAME_BYTES          300 /* the longest registered names are below 100 letters */
#define LIMIT_SQL_COLUMNS         64
#define LIMIT_SQL_PARAMS          40
#define LIMIT_SQL_TEXT_BYTES      (1024 * 1024)
#define LIMIT_TX_ATTEMPTS         10 /* retries of a serialization failure */
#define LIMIT_TOKEN_BYTES         8192
#define LIMIT_PAGE_BYTES          (4 * 1024 * 1024)
#define LIMIT_ORDER_LINES         50
#define LIMIT_TEMPLATE_DEPTH      16

#endif
