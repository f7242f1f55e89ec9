// npm passes a signal to the shell that it started, not to the shell's child. Without this, ending `npm run cli` by its
// process id (a scheduler does; Ctrl+C reaches everyone) would leave the run going without a parent.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined && process.platform !== 'win32') {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}
