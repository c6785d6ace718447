namespace Limpid.Local.Services;

/// <summary>A local service refuses a request, as the service in the cloud would; nothing was changed.</summary>
/// <param name="code">The service's own error code: <c>ConditionalCheckFailedException</c>, <c>NoSuchKey</c>.</param>
/// <param name="isModeled">Whether SDKs have an exception of this name; the rest they give under the service's general one.</param>
internal sealed class ServiceException(string code, string message, bool isModeled = true, int status = 400) : Exception(message)
{
    public string Code => code;
    public bool IsModeled => isModeled;
    public int Status => status;

    /// <summary>A request that is not in order.</summary>
    public static ServiceException Invalid(string message) => new("ValidationException", message, isModeled: false);

    public static ServiceException Missing(string parameter) =>
        Invalid($"1 validation error detected: Value null at '{char.ToLowerInvariant(parameter[0])}{parameter[1..]}' failed to satisfy constraint: Member must not be null");
}
