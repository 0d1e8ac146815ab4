// SPDX-License-Identifier: Apache-2.0

/// The rules for the structure of a container.
///
/// Source: ZIP APPNOTE 6.3.10, and what its readers do differently from each other.
package enum StructureRule: String, BundleRule {
    package static let code = BundleError.Code.structure

    // The end of the archive
    /// Nothing stands behind the end record and its comment, and the comment holds no other end record.
    case trailingBytes = "trailing-bytes"
    /// The comment is as long as the end record says.
    case comment
    /// The archive is on one disk.
    case multiDisk = "multi-disk"
    /// Both counts of the end record, and both of the ZIP64 record, agree.
    case twoCounts = "two-counts"
    /// The central directory has as many entries as the end record says.
    case entryCount = "entry-count"
    /// The central directory lies directly before the end record, where that says.
    case directoryPlace = "directory-place"
    /// The central directory has at most 32 MiB.
    case directorySize = "directory-size"
    /// End record and ZIP64 record agree, and the record is there where one is needed.
    case zip64End = "zip64-end"
    /// The ZIP64 record stands where its locator says.
    case zip64Locator = "zip64-locator"
    /// The ZIP64 record has its 56 bytes and no more, of a known version.
    case zip64Record = "zip64-record"

    // Headers
    /// A record does not reach beyond the part that it stands in.
    case cutRecord = "cut-record"
    /// The central directory holds records of entries and nothing else.
    case directoryRecord = "directory-record"
    /// A local header stands where the central directory says.
    case localHeader = "local-header"
    /// Local and central header say the same.
    case headerMismatch = "header-mismatch"
    /// Only the flags for UTF-8 and data descriptors are set.
    case flags
    /// No newer version of the format than 4.5 is needed.
    case version
    /// The archive was made by Unix, or by FAT with names in ASCII.
    case host
    /// A stored entry has one size.
    case twoSizes = "two-sizes"
    /// Only extra fields that all readers take alike, and times that are well-formed.
    case extraField = "extra-field"
    /// One ZIP64 field of whole numbers, which fits its header exactly.
    case zip64Field = "zip64-field"

    // Types
    /// No links.
    case link
    /// Mode and attributes are those of a file or folder, as the name says.
    case fileType = "file-type"
    /// A folder has no content.
    case folderContent = "folder-content"
    /// Folders are nested no deeper than 64.
    case depth

    // Parts
    /// No two parts share a byte.
    case overlap
    /// Every byte belongs to a part.
    case unreferencedBytes = "unreferenced-bytes"
    /// A data descriptor is there where flagged, well-formed and of the width that the local header asks for.
    case descriptor
    /// Data descriptor and central header agree.
    case descriptorMismatch = "descriptor-mismatch"
    /// What was written reads back as what was to be written.
    case asWritten = "as-written"
    /// Small entries are small: lists, signatures and metadata keep to their limits.
    case entrySize = "entry-size"

    // Streams
    /// Central directory and the entries that went by are the same.
    case streamDirectory = "stream-directory"
    /// Signatures in a stream say their size before their data.
    case streamSize = "stream-size"
    /// A stream has no more bytes than its manifest announces.
    case streamSurplus = "stream-surplus"
}

/// The rules for tar archives and what compresses them.
package enum BundleStructureRule: String, BundleRule {
    package static let code = BundleError.Code.structure

    /// Magic, version, checksum and fields of a tar header are right.
    case header = "tar-header"
    /// Extended headers are well-formed, one of a kind, before an entry, with records that all readers take alike.
    case extendedHeader = "tar-extended-header"
    /// Padding is zero.
    case padding = "tar-padding"
    /// Only files and folders, as the name says, and folders without content.
    case type = "tar-type"
    /// All headers of an entry agree on its size.
    case size = "tar-size"
    /// Nothing stands behind the end of the archive.
    case trailingBytes = "tar-trailing-bytes"
    /// Compressed data is whole, and nothing stands behind it.
    case compression = "compression"
    /// A bundle does not unpack to many times its size.
    case unpackedSize = "unpacked-size"
}

/// The rules for names of entries and for paths in lists.
package enum NameRule: String, BundleRule {
    package static let code = BundleError.Code.unsafeEntryName

    /// A name has bytes.
    case empty
    /// At most 1024 bytes.
    case tooLong = "too-long"
    /// UTF-8.
    case notUTF8 = "not-utf8"
    /// Marked as UTF-8 (flag bit 11) where not ASCII.
    case unmarkedUTF8 = "unmarked-utf8"
    /// No control or bidirectional characters.
    case control
    /// No zero-width characters.
    case zeroWidth = "zero-width"
    /// In Unicode's normalization form C.
    case normalization
    /// No mark at the start or end of a part that makes one character with the `/` beside it.
    case joinedSlash = "joined-slash"
    /// No backslash.
    case backslash
    /// None of `: * ? " < > |`.
    case reservedCharacter = "reserved-character"
    /// Relative, and no empty part.
    case emptyPart = "empty-part"
    /// No `.` or `..`.
    case dotPart = "dot-part"
    /// Parts of at most 255 bytes.
    case longPart = "long-part"
    /// No part starts with a blank.
    case leadingBlank = "leading-blank"
    /// No part starts with `-`.
    case leadingDash = "leading-dash"
    /// No part ends with a dot or a blank.
    case trailingDotOrBlank = "trailing-dot-or-blank"
    /// No part is a device on Windows.
    case deviceName = "device-name"
}

/// The rules for names beside each other.
package enum DuplicateRule: String, BundleRule {
    package static let code = BundleError.Code.duplicateEntry

    /// No name twice.
    case twice
    /// No two names that differ only in case or normalization.
    case folded
    /// No name of a file that is another's folder.
    case fileAndFolder = "file-and-folder"
}
