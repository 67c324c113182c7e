"""Advice about vectors, their index and searches; the files they belong to are not concerned."""

from dataclasses import replace

from vexfsctl.catalogue.advice.form import CALLER_AT_FAULT, NO_NEW_ONES, NOTHING_LOST, Advice

_STORED = "`getfattr -d FILE` prints the vector"
_STOPPED = f"{NO_NEW_ONES}."

_REFUSED_VECTOR = Advice(
    "The vector handed over cannot be stored as it is; the message says why.",
    "It was refused (EINVAL) and the vector that was there before stays; searches know nothing of "
    "the new one.",
    CALLER_AT_FAULT,
    f"{_STORED} after it was stored again, and {NO_NEW_ONES}.",
)
_UNREADABLE_VECTOR = Advice(
    "A stored vector could not be read back.",
    "The call failed with EIO and searches may miss its file; the file's own data is not "
    "concerned.",
    "Store the vector again from its source. If it comes back for many files, read what the "
    "kernel log says of the device.",
    f"{_STORED}, and {NO_NEW_ONES}.",
)
_REFUSED_QUERY = Advice(
    "The search request is invalid; the message says why.",
    f"It was refused (EINVAL) before it began. {NOTHING_LOST}",
    CALLER_AT_FAULT,
    _STOPPED,
)
_INDEX_TROUBLE = Advice(
    "The index does not lead where it should: a part of it is missing or cannot be reached.",
    "Searches fail with EIO or find less than there is; files and their vectors are not touched.",
    "Rebuild the index from the vectors. If it fails again, look at the device below (`vexfsctl "
    "trace ID`).",
    f"A search finds a file that you know is there, and {NO_NEW_ONES}.",
)
_SEARCH_FAILED = replace(
    _INDEX_TROUBLE,
    meaning="A search failed inside; the build does not say where.",
    impact=f"The search ended with EIO and without results. {NOTHING_LOST}",
    what_you_do="Try the search again without the index; if that works, rebuild the index.",
)

ADVICE: dict[str, Advice] = {
    "VectorError.InvalidDimensions": replace(
        _REFUSED_VECTOR, meaning="The vector cannot have that number of dimensions."
    ),
    "VectorError.InvalidDimension": replace(
        _REFUSED_VECTOR, meaning="One dimension named in the request does not exist."
    ),
    "VectorError.DimensionMismatch": replace(
        _REFUSED_VECTOR,
        meaning="The vector has a different number of dimensions from those stored already.",
        what_you_do="Use the model that made the stored vectors, or compute all of them again.",
    ),
    "VectorError.InvalidComponent": replace(
        _REFUSED_VECTOR,
        meaning="A component of the vector is not a number that can be compared (NaN or infinite).",
    ),
    "VectorError.VectorTooLarge": replace(
        _REFUSED_VECTOR, meaning="The vector has more components than VexFS stores."
    ),
    "VectorError.VectorNotFound": replace(
        _REFUSED_VECTOR,
        meaning="The file has no vector, or none with that number.",
        impact="The call got ENOENT, the ordinary answer to asking for what is not there.",
        what_you_do="Nothing, unless there ought to be one: then store it.",
        done_when=f"{_STORED} that is expected.",
    ),
    "VectorError.MetadataTooLarge": replace(
        _REFUSED_VECTOR, meaning="The data that goes with the vector is longer than VexFS stores."
    ),
    "VectorError.SerializationError": replace(
        _REFUSED_VECTOR, meaning="The vector could not be brought into its stored form."
    ),
    "VectorError.DeserializationError": replace(
        _UNREADABLE_VECTOR,
        meaning="What is stored in the place of a vector does not read as one.",
    ),
    "VectorError.NormalizationError": replace(
        _REFUSED_VECTOR,
        meaning="The vector cannot be brought to length one, as its length is zero or not a "
        "number.",
    ),
    "VectorError.SearchError": _SEARCH_FAILED,
    "VectorError.IndexError": _INDEX_TROUBLE,
    "VectorError.InvalidVectorId": replace(
        _REFUSED_VECTOR,
        meaning="The number is not one that a vector can have.",
        impact=f"The call was refused (EINVAL). {NOTHING_LOST}",
    ),
    "VectorError.IoError": replace(
        _UNREADABLE_VECTOR, meaning="The device failed while a vector was read or written."
    ),
    "VectorError.InvalidVersion": replace(
        _UNREADABLE_VECTOR,
        meaning="The vector is stored in a format that this build does not know.",
        impact="The call failed with EOPNOTSUPP; what is stored was not changed.",
        what_you_do="Use the build that stored it, or store the vector again with this one.",
    ),
    "VectorError.FileNotFound": replace(
        _UNREADABLE_VECTOR,
        meaning="The file that a vector belongs to is not there any more.",
        impact="The call got ENOENT. A search that returned the file used an index older than the "
        "removal.",
        what_you_do="Nothing, if it is rare; otherwise rebuild the index.",
        done_when="`stat FILE` prints the file, or the search no longer returns it.",
    ),
    "VectorError.CompressionError": replace(
        _UNREADABLE_VECTOR, meaning="A vector could not be compressed or decompressed."
    ),
    "VectorError.MetadataError": replace(
        _UNREADABLE_VECTOR,
        meaning="The data that goes with a vector, such as its size and type, could not be used.",
        what_you_do="Store the vector again from its source. If many are affected, copy off what "
        "reads and make the volume again.",
    ),
    "VectorError.AlignmentError": replace(
        _REFUSED_VECTOR,
        meaning="The vector does not lie in memory as the processor's vector instructions want it.",
    ),
    "IndexError.IndexNotFound": replace(
        _INDEX_TROUBLE,
        meaning="There is no index of that name, or none at all.",
        impact="Searches that need it get ENOENT; those without it work, slowly.",
        what_you_do="Build the index from the vectors, or search without one.",
    ),
    "IndexError.IndexBuildFailed": replace(
        _INDEX_TROUBLE,
        meaning="Building the index failed half-way; the half-built one is not used.",
        impact="Searches go on without an index, slowly, or with the old one.",
        what_you_do="Look for the error before it (`vexfsctl trace ID`): a full device, a failed "
        "read. Remove that, then build again.",
    ),
    "IndexError.InvalidIndexType": replace(
        _REFUSED_QUERY, meaning="The kind of index asked for does not exist."
    ),
    "IndexError.InvalidParameters": replace(
        _REFUSED_QUERY, meaning="The settings for the index are invalid."
    ),
    "IndexError.NodeNotFound": replace(
        _INDEX_TROUBLE, meaning="The index refers to a node that is not in it."
    ),
    "IndexError.LayerNotFound": replace(
        _INDEX_TROUBLE, meaning="The index refers to a layer that it does not have."
    ),
    "IndexError.ConnectionError": replace(
        _INDEX_TROUBLE, meaning="Nodes of the index that should be connected are not."
    ),
    "SearchError.InvalidQuery": _REFUSED_QUERY,
    "SearchError.InvalidK": replace(
        _REFUSED_QUERY, meaning="The number of results asked for (K) is not allowed."
    ),
    "SearchError.InvalidEf": replace(
        _REFUSED_QUERY,
        meaning="The breadth of the search (ef) is not allowed; it must be at least K.",
    ),
    "SearchError.NoResults": replace(
        _REFUSED_QUERY,
        meaning="Nothing matches the search.",
        impact="The call got ENOENT, the ordinary answer where nothing is found.",
        what_you_do="Nothing, unless something ought to be found: then see that its file has a "
        "vector, and ask with a wider filter.",
        done_when=f"{_STORED} of the file that ought to be found.",
    ),
    "SearchError.SearchTimeout": replace(
        _SEARCH_FAILED,
        meaning="The search took longer than allowed.",
        impact=f"It ended with ETIMEDOUT and without results. {NOTHING_LOST}",
        what_you_do="Ask for fewer results or with a smaller ef; if every search is slow, look at "
        "the load and at the device.",
        done_when=_STOPPED,
    ),
    "SearchError.SearchInterrupted": replace(
        _SEARCH_FAILED,
        meaning="A signal ended the search.",
        impact=f"It ended with EINTR and without results. {NOTHING_LOST}",
        what_you_do="Nothing; search again.",
        done_when=_STOPPED,
    ),
    "SearchError.InvalidFilter": replace(
        _REFUSED_QUERY, meaning="The filter of the search cannot be read."
    ),
    "SearchError.InvalidMetric": replace(
        _REFUSED_QUERY,
        meaning="The measure of similarity asked for does not exist, or the index was built for "
        "another.",
    ),
}
