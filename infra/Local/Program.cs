using System.Runtime.InteropServices;
using Limpid.Local.Cli;

// Until the command listens for it, Ctrl-C would end the process without a word.
// It is never disposed of: a signal at the very end may still be on its way to it, on another thread.
var interruption = new CancellationTokenSource();
using var early = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    interruption.Cancel();
});
return await LimpidCommand.RunAsProcessAsync(args, Console.Out, Console.Error, interruption.Token);
