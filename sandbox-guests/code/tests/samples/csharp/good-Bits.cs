[Flags]
public enum Access : byte
{
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
    All = Read | Write,
}

public struct Matrix
{
    private readonly double[,] cells;

    public Matrix(int rows, int columns) { cells = new double[rows, columns]; }

    public static Matrix operator +(Matrix a, in Matrix b)
    {
        checked
        {
            for (int i = 0, n = a.cells.GetLength(0); i < n; i++)
            {
                a.cells[i, 0] += b.cells[i, 0];
            }
        }
        return a;
    }

    public unsafe void Zero(ref int* p) { lock (cells) { *p = 0; } }
}
