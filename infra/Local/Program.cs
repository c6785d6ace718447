using System.Runtime.InteropServices;
using Limpid.Local.Cli;

// Until the command listens for it, Ctrl-C would end the process without a word.
using var interruption = new CancellationTokenSource();
using var early = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    interruption.Cancel();
});
return await LimpidCommand.RunAsProcessAsync(args, Console.Out, Console.Error, interruption.Token);
