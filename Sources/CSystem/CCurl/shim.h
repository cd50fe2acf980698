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

#endif
