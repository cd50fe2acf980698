// One macro for functions compiled once for each level of x86-64. Empty under ThreadSanitizer, whose start-up runs
// before the resolvers of `target_clones` may, and on other architectures.
#ifndef BRAID_MULTIVERSION_H
#define BRAID_MULTIVERSION_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BRAID_SINGLE_VERSION 1
#endif
#endif

#if defined(__x86_64__) && !defined(BRAID_SINGLE_VERSION)
#define BRAID_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BRAID_MULTIVERSION
#endif

#endif
