/* A library as others write them: results of every kind, callbacks, threads, parts to start. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int return_code(int code) { return code; }
int visit_code(int code, int other) { return code ? other : 0; }
int64_t return_long(int64_t code) { return code; }
unsigned return_unsigned(unsigned code) { return code; }
double return_double(double value) { return value; }

int fail_with_errno(int number, int result) { errno = number; return result; }
void *find(int number, int there) { static int found = 7; errno = number; return there ? &found : NULL; }
const char *name_of(int there) { return there ? "" : NULL; }

int read_block(int code, int *length) { *length = code < 0 ? 0 : 4096; return code; }

struct pair { int a, b; };
struct pair make_pair(int a, int b) { struct pair both = {a, b}; return both; }

int sum(int count, ...) {
    va_list numbers;
    int total = 0;
    va_start(numbers, count);
    while (count-- > 0) total += va_arg(numbers, int);
    va_end(numbers);
    return total;
}

int sleep_ms(int ms) { usleep(1000 * ms); return ms; }

/* Until `release`, so that a test need not know how long that takes. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static int held;
int hang(void) {
    pthread_mutex_lock(&gate);
    held = 1;
    while (held) pthread_cond_wait(&moved, &gate);
    pthread_mutex_unlock(&gate);
    return 0;
}
void release(void) {
    pthread_mutex_lock(&gate);
    held = 0;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
}

typedef int (*visitor)(int);
int visit(visitor each, int number) { return each(number); }
int visit_deaf(visitor each, int number) { each(number); return 0; }
int visit_again(visitor each, int number) {
    int code = -1;
    for (int attempt = 0; attempt < 3 && code < 0; attempt++) code = each(number);
    return code;
}
int visit_translating(visitor each, int number) { return each(number) < 0 ? -22 : 0; }
void *visit_for_pointer(visitor each, int number) { return each(number) < 0 ? NULL : find(0, 1); }
void visit_void(void (*each)(int), int number) { each(number); }

struct errand { visitor each; int number, code; };
static void *run_errand(void *of) {
    struct errand *errand = of;
    errand->code = errand->each(errand->number);
    return NULL;
}
int visit_in_thread(visitor each, int number) {
    struct errand errand = {each, number, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_errand, &errand) != 0) return -11;
    pthread_join(thread, NULL);
    return errand.code;
}

/* Parts: what they are to return, and what was done to them. */
static struct { const char *step; int code; } results[16];
static char steps[256];
void set_result(const char *step, int code) {
    for (int at = 0; at < 16; at++)
        if (!results[at].step || !strcmp(results[at].step, step)) {
            if (!results[at].step) results[at].step = strdup(step);
            results[at].code = code;
            return;
        }
}
void forget_steps(void) { steps[0] = 0; memset(results, 0, sizeof results); }
const char *taken_steps(void) { return steps; }
static int take(const char *step) {
    strcat(strcat(steps, step), " ");
    for (int at = 0; at < 16 && results[at].step; at++)
        if (!strcmp(results[at].step, step)) return results[at].code;
    return 0;
}
#define STEP(step) int step(void) { return take(#step); }
STEP(storage_init) STEP(storage_sync) STEP(storage_exit)
STEP(vectors_init) STEP(vectors_sync) STEP(vectors_exit)
STEP(search_init) STEP(search_exit)
