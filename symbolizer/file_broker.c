/* SPDX-License-Identifier: MIT */
/*
 * file_broker.c - both ends of a talk about files.
 *
 * Requests and replies are copies of memory: both ends are the same program.
 */
#include "symbolizer/file_broker.h"

#include "profiler/base/regular_file.h"
#include "symbolizer/debuginfod.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_ID = 2 * 64 }; // digits of a build-id; usual are 40

enum request_kind { ASK_OPEN, ASK_FOLDER, ASK_REAL_PATH, ASK_FETCH };

struct request {
    uint32_t kind;
    char text[PATH_MAX]; /* sent up to its NUL */
};

struct reply {
    bool is_done; /* with a descriptor beside it when a file is opened */
    struct error error;
    struct stat status;
    char text[PATH_MAX];
};

/* Room for one descriptor beside a message. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int file_broker_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

/* ---- who opens ---- */

/* Whether the bytes are for whoever asks. The words are those of whoever reads the file here. */
static bool may_have(int fd, const char *path, struct error *error)
{
    Elf32_Ehdr header; // as far as the type, that of ELF64 is the same
    ssize_t size = pread(fd, &header, sizeof header, 0);
    bool is_elf = size >= (ssize_t)(offsetof(Elf32_Ehdr, e_type) + sizeof header.e_type) &&
                  memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
    if (!is_elf) {
        error_set(error, 0, "cannot use %s: not an ELF file", path);
        return false;
    }
    // of the other byte order, too
    if (header.e_type == ET_CORE || header.e_type == (uint16_t)(ET_CORE << 8)) {
        error_set(error, 0, "cannot use %s: a core file", path);
        return false;
    }
    return true;
}

static int open_file(const char *path, struct reply *reply)
{
    int fd = regular_file_open(path, &reply->status, &reply->error);
    if (fd >= 0 && !may_have(fd, path, &reply->error)) {
        close(fd);
        fd = -1;
    }
    reply->is_done = fd >= 0;
    return fd;
}

static void find_real_path(const char *path, struct reply *reply)
{
    char *real = realpath(path, NULL);
    size_t size = real ? strlen(real) + 1 : 0;
    reply->is_done = size && size <= sizeof reply->text;
    if (reply->is_done)
        memcpy(reply->text, real, size);
    free(real);
}

static void fetch(struct file_broker *broker, const char *id, struct reply *reply)
{
    struct text path = TEXT_INIT;
    size_t size = strlen(id);
    if (!broker->fetches || size > MOST_ID || strspn(id, "0123456789abcdef") != size)
        return;
    broker->fetches--;
    reply->is_done = debuginfod_fetch(id, &path) && path.length < sizeof reply->text;
    if (reply->is_done)
        memcpy(reply->text, path.data, path.length);
    text_release(&path);
}

static bool send_reply(int socket, const struct reply *reply, int fd)
{
    union control control = {.bytes = {0}};
    struct iovec part = {(void *)reply, sizeof *reply};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control.bytes;
    }
    // who asks on and on and takes no answer out is not waited for
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof *reply;
}

static bool is_passing(ssize_t result)
{
    return result < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK);
}

enum file_broker_result file_broker_serve(struct file_broker *broker, int socket)
{
    const size_t head = offsetof(struct request, text);
    struct request request;
    struct reply reply;
    int fd = -1;
    memset(&reply, 0, sizeof reply); // its padding is sent, too
    ssize_t size = recv(socket, &request, sizeof request, MSG_DONTWAIT);
    if (is_passing(size))
        return FILE_BROKER_SERVED;
    if (size <= (ssize_t)head || memchr(request.text, 0, (size_t)size - head) == NULL)
        return FILE_BROKER_OVER;
    switch (request.kind) {
    case ASK_OPEN:
        fd = open_file(request.text, &reply);
        break;
    case ASK_FOLDER:
        reply.is_done = access(request.text, X_OK) == 0;
        break;
    case ASK_REAL_PATH:
        find_real_path(request.text, &reply);
        break;
    case ASK_FETCH:
        fetch(broker, request.text, &reply);
        break;
    default:
        return FILE_BROKER_OVER;
    }
    bool is_sent = send_reply(socket, &reply, fd);
    if (fd >= 0)
        close(fd);
    if (!is_sent)
        return FILE_BROKER_OVER;
    return request.kind == ASK_FETCH ? FILE_BROKER_FETCHED : FILE_BROKER_SERVED;
}

/* ---- who asks ---- */

static int receive_reply(int socket, struct reply *reply)
{
    union control control;
    struct iovec part = {reply, sizeof *reply};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.bytes};
    ssize_t size;
    int fd = -1;
    do
        size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    const struct cmsghdr *header = size < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    if (size != (ssize_t)sizeof *reply)
        memset(reply, 0, sizeof *reply);
    return fd;
}

/* Returns the descriptor that came with the reply, or -1. */
static int ask(int socket, enum request_kind kind, const char *text, struct reply *reply)
{
    struct request request = {.kind = kind};
    size_t size = strlen(text) + 1;
    ssize_t sent = -1;
    memset(reply, 0, sizeof *reply);
    if (size > sizeof request.text)
        return -1;
    memcpy(request.text, text, size);
    do
        sent = send(socket, &request, offsetof(struct request, text) + size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : receive_reply(socket, reply);
}

static bool ask_for_text(int socket, enum request_kind kind, const char *text, struct text *found)
{
    struct reply reply;
    ask(socket, kind, text, &reply);
    if (reply.is_done)
        text_append_string(found, reply.text);
    return reply.is_done;
}

int file_broker_open(int socket, struct mapped_file *file, const char *path, struct error *error)
{
    struct reply reply;
    int fd = ask(socket, ASK_OPEN, path, &reply);
    if (fd >= 0)
        return mapped_file_take(file, fd, &reply.status, path, error);
    if (!*reply.error.text)
        return error_set(error, 0, "cannot open %s: nobody opens it for this process", path);
    if (error)
        *error = reply.error;
    return -1;
}

bool file_broker_has_folder(int socket, const char *path)
{
    struct reply reply;
    ask(socket, ASK_FOLDER, path, &reply);
    return reply.is_done;
}

bool file_broker_real_path(int socket, const char *path, struct text *found)
{
    return ask_for_text(socket, ASK_REAL_PATH, path, found);
}

bool file_broker_fetch(int socket, const char *build_id, struct text *found)
{
    return ask_for_text(socket, ASK_FETCH, build_id, found);
}
