/*
 * waiting.h - a thread tells that it is about to wait for something outside the process (a disk, a
 * store, a partner), or to compute for longer than a millisecond, so that whoever gave it its work
 * can have another thread go on meanwhile.
 *
 * Thread rule: both speak of the calling thread only. Told to nobody, it costs nothing.
 */
#ifndef BASE_WAITING_H
#define BASE_WAITING_H

void waiting_tell(void);
void waiting_hear(void (*heard)(void *arg), void *arg); /* NULL: nobody listens any more */

#endif
