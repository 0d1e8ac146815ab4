// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension WritingHome {
    /// Finishes or undoes what a command on engines that died left behind; what it staged is removed by the caller.
    ///
    /// - Returns: How it ended.
    /// - Throws: `FileError`, `StoreError`.
    func settleEngine(_ open: AuditLine) throws -> AuditLine.Result {
        guard let folder = try home.folder(StoreLayout.engines, in: root) else { return .undone }
        try folder.removeDrafts()
        let shelf = EngineShelf(folder: folder)
        switch open.event.operation {
        case "engine.import": return try settleEngineImport(open, shelf)
        case "engine.remove":
            let parts = (open.event.details["folder"]?.string ?? "").split(separator: "/").map(String.init)
            guard parts.count == 2 else { return .interrupted }
            if try shelf.names(of: parts[0]).contains(parts[1]) {
                // An engine that was in use and is so no more is on its way out.
                guard open.event.details["active"] == true, try !shelf.namesAny() else { return .undone }
                try removeEngineFolder(parts[0], parts[1], from: shelf)
                return .recovered
            }
            if try shelf.folder.status(of: parts[0]) != nil, try shelf.names(of: parts[0]).isEmpty {
                try shelf.folder.removeTree(parts[0])
                try shelf.folder.sync()
            }
            return .recovered
        default: return try settleEngineActivation(open, shelf)
        }
    }

    private func settleEngineImport(_ open: AuditLine, _ shelf: EngineShelf) throws -> AuditLine.Result {
        for engine in try shelf.list().engines where engine.receipt.audit.sequence == open.sequence {
            return .recovered
        }
        let id = open.event.model?.split(separator: ":").first.map(String.init) ?? ""
        if !id.isEmpty, try shelf.folder.status(of: id)?.kind == .folder, try shelf.names(of: id).isEmpty {
            try shelf.folder.removeTree(id)
            try shelf.folder.sync()
        }
        return .undone
    }

    private func settleEngineActivation(_ open: AuditLine, _ shelf: EngineShelf) throws -> AuditLine.Result {
        let active = try shelf.namedActive()
        let wantsBuiltIn = open.event.model == EngineShelf.builtIn
        let isWritten = try shelf.hasHistory(of: open.sequence)
        let isInForce = try wantsBuiltIn ? !shelf.namesAny() && isWritten : active?.sequence == open.sequence
        if !isInForce { try shelf.removeHistory(of: open.sequence) }
        try shelf.dropStaleReady()
        return isInForce ? .recovered : .undone
    }
}
