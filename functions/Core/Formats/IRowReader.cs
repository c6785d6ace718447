namespace Limpid.Core.Formats;

/// <summary>Reads the rows of one object, window by window.</summary>
internal interface IRowReader
{
    /// <summary>
    /// Takes as many whole rows as the window holds and leaves the rest unread. Called again after more was read; where the window is
    /// full or the content at its end, it takes at least something.
    /// </summary>
    /// <returns>Why the object can't be read on, or null.</returns>
    string? Read(ContentBuffer window);
}
