// SPDX-License-Identifier: Apache-2.0

/// How tokens are chosen, with llama.cpp's samplers.
///
/// A value left out is the one that the model's metadata recommends, or else llama.cpp's default.
package struct SamplingOptions: Codable, Sendable, Equatable {
    /// The most tokens to produce; `nil` for as many as the context holds.
    package var maxTokens: Int?
    /// 0 takes the most likely of the tokens that the other samplers leave; default 0.8.
    package var temperature: Double?
    /// How far the temperature may move with the entropy, either way; default 0.
    package var dynamicRange: Double?
    /// How entropy maps to that temperature; default 1.
    package var dynamicExponent: Double?
    /// Candidates kept by rank; 0 keeps all; default 40.
    package var topK: Int?
    /// Candidates kept by cumulated probability, 0 to 1; default 0.95.
    package var topP: Double?
    /// Candidates kept by probability relative to the best, 0 to 1; default 0.05.
    package var minP: Double?
    /// Candidates kept by how typical they are, 0 to 1; default 1, which keeps all.
    package var typicalP: Double?
    /// Candidates kept within so many standard deviations of the best; default −1, which keeps all.
    package var topNSigma: Double?
    /// How often the likeliest candidates but one are left out, 0 to 1; default 0.
    package var xtcProbability: Double?
    /// The probability from which on candidates count as likeliest there, 0 to 1; default 0.1.
    package var xtcThreshold: Double?
    /// What tokens that occurred are divided by; default 1, which is none.
    package var repeatPenalty: Double?
    /// How many tokens back the penalties look; −1 for the whole context; default 64.
    package var repeatLastN: Int?
    /// What is subtracted for each time that a token occurred; default 0.
    package var frequencyPenalty: Double?
    /// What is subtracted when a token occurred; default 0.
    package var presencePenalty: Double?
    /// Strength of the penalty on repeated sequences (DRY); default 0, which is none.
    package var dryMultiplier: Double?
    /// How that penalty grows with the length of the sequence; default 1.75.
    package var dryBase: Double?
    /// Length of a sequence that may be repeated without penalty, in tokens; default 2.
    package var dryAllowedLength: Int?
    /// How many tokens back sequences are looked for; −1 for the whole context; default 64.
    package var dryLastN: Int?
    /// Texts that end a sequence; default line feed, colon, quotation mark, asterisk.
    package var dryBreakers: [String]?
    /// 0, or 1 or 2 for that version of Mirostat in place of the other samplers; default 0.
    package var mirostat: Int?
    /// The entropy that Mirostat aims at; default 5.
    package var mirostatTau: Double?
    /// How fast Mirostat learns; default 0.1.
    package var mirostatEta: Double?
    /// The probability that adaptive-p aims at, 0 to 1; default −1, which is off.
    package var adaptiveTarget: Double?
    /// How slowly adaptive-p forgets, 0 to 0.99; default 0.9.
    package var adaptiveDecay: Double?
    /// The samplers in their order, by llama.cpp's names; default llama.cpp's order.
    package var samplers: [String]?
    /// What is added to the logits of tokens.
    package var logitBias: [LogitBias]?
    /// Whether tokens that end an answer are never chosen; default false.
    package var ignoresEnd: Bool?
    /// Makes a choice repeatable; `nil` for a random one.
    package var seed: UInt32?

    /// Makes options; the rarer ones are set one by one.
    package init(
        maxTokens: Int? = nil, temperature: Double? = nil, topK: Int? = nil, topP: Double? = nil,
        minP: Double? = nil, seed: UInt32? = nil
    ) {
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.seed = seed
    }
}

/// What is added to the logit of a token.
package struct LogitBias: Codable, Sendable, Equatable {
    package var token: Int32
    /// Added to the logit; `nil` for a token that is never chosen.
    package var bias: Double?

    /// Makes a bias.
    package init(token: Int32, bias: Double?) {
        self.token = token
        self.bias = bias
    }
}
