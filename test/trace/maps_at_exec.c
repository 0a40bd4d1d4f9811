/*
 * Prints /proc/PID/maps of a program as exec leaves it, before its first instruction: runs the program traced,
 * which stops it there, copies the file and ends it. Under setarch -R the same command, run again, begins alike.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int copy(pid_t pid) {
  char text[65536];
  ssize_t n;
  snprintf(text, sizeof text, "/proc/%d/maps", (int)pid);
  int fd = open(text, O_RDONLY);
  if (fd < 0) return 1;
  while ((n = read(fd, text, sizeof text)) > 0) {
    if (write(1, text, n) != n) return 1;
  }
  return n < 0;
}

int main(int argc, char **argv) {
  int status;
  if (argc < 2) return 2;
  pid_t pid = fork();
  if (pid < 0) return 1;
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) return 1;
  status = copy(pid);
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  return status;
}
