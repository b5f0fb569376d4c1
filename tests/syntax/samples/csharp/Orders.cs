using System;

namespace Acme.Orders
{
    /// <summary>An order.</summary>
    [Serializable]
    public partial class Order<T> : IOrder where T : class
    {
        public const int Max = 10;
        private readonly List<T> _lines = new(), _other;

        public event EventHandler? Changed;

        public Order(string id)
        {
            Id = id;
        }

        ~Order() {}

        // Names it.
        public string Id { get; private set; }

        public T this[int index] => _lines[index];

        public async Task<int> SaveAsync(
            bool force = false)
        {
            int Local(int x) => x;
            return Local(1);
        }

        public static Order<T> operator +(Order<T> a, Order<T> b) => a;

        private enum State { Open, Closed = 2 }
    }

    public interface IOrder
    {
        string Id { get; }
        void Close();
    }

    public record Line(string Sku, int Count);
    public readonly struct Money { public decimal Amount { get; init; } }
    public delegate void Handler(object sender);
}
