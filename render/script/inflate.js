// SPDX-License-Identifier: MIT
//
// inflate.js - decompression for browsers without DecompressionStream.

// Decoding table of a canonical Huffman code (RFC 1951, 3.2.2): symbols by length, then by value.
function huffman(lengths) {
    const counts = [], symbols = [];
    for (let length = 1; length < 16; length++) {
        const found = lengths.flatMap((l, symbol) => l === length ? symbol : []);
        counts[length] = found.length;
        symbols.push(...found);
    }
    return {counts, symbols};
}

// Inflates a zlib stream (RFC 1950, 1951), for browsers without DecompressionStream.
function inflate(input) {
    const output = [];
    let at = 16;
    function bits(count) {
        let value = 0;
        for (let i = 0; i < count; i++, at++)
            value |= (input[at >> 3] >> (at & 7) & 1) << i;
        if (at > input.length * 8)
            throw Error('the data end too early');
        return value;
    }
    function symbol({counts, symbols}) {
        let value = 0, first = 0, index = 0;
        for (let length = 1; length < 16; length++) {
            value = value * 2 + bits(1);
            first *= 2;
            if (value - first < counts[length])
                return symbols[index + value - first];
            index += counts[length];
            first += counts[length];
        }
        throw Error('the data are damaged');
    }
    function dynamicCodes() {
        const literals = bits(5) + 257, distances = bits(5) + 1;
        const lengths = Array(19).fill(0), all = [];
        const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        for (const length of order.slice(0, bits(4) + 4))
            lengths[length] = bits(3);
        const code = huffman(lengths);
        while (all.length < literals + distances) {
            const value = symbol(code);
            const times = value < 16 ? 1 : value < 17 ? 3 + bits(2)
                : value < 18 ? 3 + bits(3) : 11 + bits(7);
            all.push(...Array(times).fill(value < 16 ? value : value < 17 ? all.at(-1) : 0));
        }
        return [huffman(all.slice(0, literals)), huffman(all.slice(literals))];
    }
    const fixedCodes = () => [huffman([].concat(Array(144).fill(8), Array(112).fill(9),
        Array(24).fill(7), Array(8).fill(8))), huffman(Array(30).fill(5))];
    // Lengths and distances come as ranges that double in size with each extra bit.
    const range = (value, per) => {
        const extra = value < 2 * per ? 0 : Math.floor(value / per) - 1;
        return (value - extra * per << extra) + bits(extra);
    };
    function block([literals, distances]) {
        for (let value; (value = symbol(literals)) !== 256;) {
            if (value < 256) {
                output.push(value);
                continue;
            }
            const length = value === 285 ? 258 : 3 + range(value - 257, 4);
            const distance = 1 + range(symbol(distances), 2);
            for (let i = 0; i < length; i++)
                output.push(output[output.length - distance]);
        }
    }
    for (let last = 0; !last;) {
        last = bits(1);
        const kind = bits(2);
        if (kind) {
            block(kind === 1 ? fixedCodes() : dynamicCodes());
            continue;
        }
        at = at + 7 & ~7;
        for (let left = bits(32) & 0xffff; left > 0; left--)
            output.push(bits(8));
    }
    return Uint8Array.from(output);
}
