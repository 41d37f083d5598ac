/* libsrtp2 on a pipe: one command a line in, one answer a line out.
 *
 *   open NAME PROFILE KEY     a session; KEY is master key and salt in hex, PROFILE a number of the DTLS registry or aes256
 *   protect NAME HEX          an RTP packet     -> ok HEX | error NUMBER
 *   unprotect NAME HEX        an SRTP packet
 *   protect_rtcp, unprotect_rtcp: the same for control packets
 */
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SESSIONS 64
#define MAX_PACKET 4096

static srtp_t sessions[MAX_SESSIONS];
static char names[MAX_SESSIONS][64];
static int count;

static int from_hex(const char *text, unsigned char *out, int max) {
  int len = 0;
  unsigned byte;
  while (len < max && sscanf(text + 2 * len, "%2x", &byte) == 1) out[len++] = byte;
  return len;
}

static srtp_t find(const char *name) {
  for (int i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return sessions[i];
  return NULL;
}

static int open_session(const char *name, const char *profile, const char *key) {
  static unsigned char material[64];
  srtp_policy_t policy;
  memset(&policy, 0, sizeof policy);
  if (strcmp(profile, "aes256") == 0) {
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
  } else {
    srtp_profile_t number = (srtp_profile_t)atoi(profile);
    int status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, number);
    if (status == 0) status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, number);
    if (status != 0) return status;
  }
  memset(material, 0, sizeof material);
  from_hex(key, material, sizeof material);
  /* A name that begins with "in" receives, any other sends. */
  policy.ssrc.type = strncmp(name, "in", 2) == 0 ? ssrc_any_inbound : ssrc_any_outbound;
  policy.key = material;
  policy.window_size = 1024;
  if (count == MAX_SESSIONS) return -1;
  snprintf(names[count], sizeof names[count], "%s", name);
  int status = srtp_create(&sessions[count], &policy);
  if (status == 0) count++;
  return status;
}

static int apply(const char *command, srtp_t session, unsigned char *packet, int *len) {
  if (strcmp(command, "protect") == 0) return srtp_protect(session, packet, len);
  if (strcmp(command, "unprotect") == 0) return srtp_unprotect(session, packet, len);
  if (strcmp(command, "protect_rtcp") == 0) return srtp_protect_rtcp(session, packet, len);
  if (strcmp(command, "unprotect_rtcp") == 0) return srtp_unprotect_rtcp(session, packet, len);
  return -1;
}

int main(void) {
  static char line[3 * MAX_PACKET], command[32], name[64], first[2 * MAX_PACKET + 1], second[256];
  static unsigned char packet[MAX_PACKET + SRTP_MAX_TRAILER_LEN + 16];
  if (srtp_init() != srtp_err_status_ok) return 1;
  while (fgets(line, sizeof line, stdin)) {
    int words = sscanf(line, "%31s %63s %8192s %255s", command, name, first, second);
    int status = -1, len = 0;
    if (words == 4 && strcmp(command, "open") == 0) {
      status = open_session(name, first, second);
    } else if (words == 3 && find(name)) {
      len = from_hex(first, packet, MAX_PACKET);
      status = apply(command, find(name), packet, &len);
    }
    if (status == 0) {
      printf("ok ");
      for (int i = 0; i < len; i++) printf("%02x", packet[i]);
      printf("\n");
    } else {
      printf("error %d\n", status);
    }
    fflush(stdout);
  }
  return 0;
}
