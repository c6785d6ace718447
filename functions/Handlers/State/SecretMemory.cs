using System.Text;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.State;

/// <summary>
/// Remembers in the lake's state which secrets its index was made with. With another secret under the same number everybody would be
/// "nowhere found", so a lost or exchanged one is an error that says so.
/// </summary>
internal static class SecretMemory
{
    /// <param name="mayAdd">Whether a new secret is written down here; else it is an error until somebody has.</param>
    /// <exception cref="SecretLostException">The secrets at hand are not the ones that this lake was indexed with.</exception>
    public static async Task CheckAsync(Ports ports, bool mayAdd, CancellationToken cancellation)
    {
        var known = new Dictionary<string, StateItem>();
        await foreach (StateItem item in ports.State.QueryAsync("secrets", "", cancellation))
            known.Add(item.Sort, item);
        foreach (SubjectSecret secret in ports.Hasher.Secrets)
        {
            string number = FormattableString.Invariant($"{secret.Number}");
            byte[] fingerprint = Encoding.UTF8.GetBytes($"\"{SecretFingerprint.Of(secret)}\"");
            if (known.Remove(number, out StateItem stored))
            {
                if (!stored.Json.Span.SequenceEqual(fingerprint))
                    throw Lost(number);
            }
            else if (mayAdd)
            {
                await ports.State.TryPutAsync(new StateItem("secrets", number, 1, fingerprint), cancellation);
            }
            else
            {
                throw new SecretLostException($"this lake's index knows no secret number {number} yet: reconcile-lake has to run with it first");
            }
        }
        if (known.Count > 0)
            throw Lost(known.Keys.First());
    }

    private static SecretLostException Lost(string number) => new($"this lake was indexed with another secret number {number} than the one at hand");
}

/// <summary>Under the secrets at hand nobody would be found again; going on would look like working.</summary>
internal sealed class SecretLostException(string message) : Exception(message);
