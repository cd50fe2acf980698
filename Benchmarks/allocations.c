// Counts allocations by who asked for them: preload it (LD_PRELOAD) and it writes one line to the file named by
// BRAID_ALLOCATIONS when the process ends: "ours N ffmpeg N other N".
//
// "ours" are calls from the program itself and from Swift's runtime, "ffmpeg" those from FFmpeg's libraries and the
// codecs that they load, "other" the rest (oneDNN, FFTW, the C library).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OURS, FFMPEG, OTHER, KINDS };

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_llong counts[KINDS];

struct range {
  uintptr_t low, high;
  int kind;
};
static struct range ranges[1024];
static atomic_int range_count;

static int kind_of(const char *path) {
  const char *name = strrchr(path, '/');
  name = name ? name + 1 : path;
  if (!*name || !strncmp(name, "braid", 5) || !strncmp(name, "libswift", 8) || !strncmp(name, "libFoundation", 13) ||
      !strncmp(name, "lib_Foundation", 14) || !strncmp(name, "libdispatch", 11))
    return OURS;
  static const char *const other[] = {"libc.so", "ld-linux", "libdnnl", "libfftw3f", "libopenblas", "libgomp",
                                      "libstdc++", "libgcc_s", "libm.so", "libgfortran"};
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    if (!strncmp(name, other[i], strlen(other[i]))) return OTHER;
  return FFMPEG;
}

static int add(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  (void)data;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    int n = atomic_load(&range_count);
    if (n == 1024) return 1;
    ranges[n].low = info->dlpi_addr + segment->p_vaddr;
    ranges[n].high = ranges[n].low + segment->p_memsz;
    ranges[n].kind = kind_of(info->dlpi_name);
    atomic_store(&range_count, n + 1);
  }
  return 0;
}

__attribute__((constructor)) static void start(void) { dl_iterate_phdr(add, NULL); }

static void count(void *caller) {
  uintptr_t address = (uintptr_t)caller;
  int n = atomic_load_explicit(&range_count, memory_order_acquire);
  for (int i = 0; i < n; i++) {
    if (address >= ranges[i].low && address < ranges[i].high) {
      atomic_fetch_add_explicit(&counts[ranges[i].kind], 1, memory_order_relaxed);
      return;
    }
  }
  atomic_fetch_add_explicit(&counts[OTHER], 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(old, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return 12;
  *out = memory;
  return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

__attribute__((destructor)) static void finish(void) {
  const char *path = getenv("BRAID_ALLOCATIONS");
  if (!path) return;
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "ours %lld ffmpeg %lld other %lld\n", atomic_load(&counts[OURS]), atomic_load(&counts[FFMPEG]),
          atomic_load(&counts[OTHER]));
  fclose(file);
}
