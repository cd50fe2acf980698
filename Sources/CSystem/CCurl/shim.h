// libcurl, with its variadic calls made into plain ones, which Swift can call.
#ifndef BRAID_CCURL_H
#define BRAID_CCURL_H

#include <curl/curl.h>

static inline CURLcode braid_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode braid_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode braid_curl_response_code(CURL *handle, long *code) {
  return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, code);
}

/// How many seconds the server asks to be left alone; 0 where it says nothing.
static inline int64_t braid_curl_retry_after(CURL *handle) {
  curl_off_t seconds = 0;
  return curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK ? seconds : 0;
}

static inline size_t braid_curl_discard(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes;
  (void)context;
  return size * count;
}

/// Has the answer's body thrown away, which libcurl else prints.
static inline CURLcode braid_curl_discard_answer(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, braid_curl_discard);
}

#endif
